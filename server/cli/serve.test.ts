import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { JOURNEY } from '#tests/journey'
import { startServerProcess } from '#tests/server-process'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'karya-serve-'))
})
after(async () => await rm(folder, { recursive: true, force: true }))

it('T6 says what it serves, and where people come from that have no accounts here', async () => {
  const environment = { ...JOURNEY, DATA_DIR: folder, KARYA_MODULES: 'tasks' }
  const server = await startServerProcess(environment)
  server.kill('SIGTERM')
  await server.ended
  assert.match(
    server.output(),
    /Karya serves http:\S+ · docs: \S+ · only tasks: people sign in where identity runs/,
  )
  assert.match(server.output(), /ADMIN_EMAIL is ignored/)
})

async function createAdministrator(environment: Readonly<Record<string, string>>, password?: string) {
  const env = { PATH: process.env['PATH'], NODE_ENV: 'test', DATA_DIR: folder, ...environment }
  const args = ['server/main.ts', 'admin', 'create', '--email', 'admin@karya.test']
  return await new Promise<{ code: unknown; err: string }>((resolve) => {
    const child = execFile(process.execPath, args, { env }, (error, _out, stderr) =>
      resolve({ code: error?.code, err: stderr }),
    )
    child.stdin?.end(password)
  })
}

it('T6 makes no administrator where there are no accounts', async () => {
  // The refusal comes before the question.
  const { code, err } = await createAdministrator({ KARYA_MODULES: 'tasks' })
  assert.equal(code, 1)
  assert.match(err, /KARYA_MODULES leaves identity out/)
})

it('F6 says what is wrong with the password of an administrator', async () => {
  const { code, err } = await createAdministrator({}, 'password1\n')
  assert.equal(code, 1)
  assert.equal(err, 'karya: The request is not valid.\n  password is one of the most common passwords\n')
})
