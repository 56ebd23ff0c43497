import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import type { CommandInput } from './commands.ts'
import { UsageError } from './usage-error.ts'
import { atWorkbench } from './workbench.ts'

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

/** `karya admin create --email E [--name N]`; the password comes from standard input, so that no list of processes shows it. */
export async function administer({ args, config }: CommandInput): Promise<void> {
  const [action, ...options] = args
  const { values } = parseArgs({
    args: options,
    options: { email: { type: 'string' }, name: { type: 'string', default: 'Administrator' } },
  })
  const { email, name } = values
  if (!config.modules.includes('identity'))
    throw new UsageError('KARYA_MODULES leaves identity out: an administrator is created where it runs')
  if (action !== 'create') throw new UsageError('karya admin create --email E [--name N]')
  const address = email ?? (await ask('E-mail: '))
  if (!EMAIL.test(address)) throw new UsageError(`${address} is not an e-mail address`)
  const password = await ask('Password (at least 8 characters): ')
  if (password.length < 8 || password.length > 128) throw new UsageError('a password has 8 to 128 characters')

  await atWorkbench(config, async ({ identity }) => {
    const created = await identity.ensureAdministrator({ email: address, password, name })
    process.stdout.write(
      created
        ? `Created the administrator ${address}.\n`
        : `${address} is registered already; nothing was changed.\n`,
    )
  })
}

let lines: AsyncIterator<string> | undefined

/** One line of standard input; the question is shown only where somebody sits. */
async function ask(question: string): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write(question)
  lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const { value, done } = await lines.next()
  if (done === true) throw new UsageError('standard input ended before the password')
  return value
}
