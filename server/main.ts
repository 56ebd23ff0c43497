import process from 'node:process'
import { armCrashPoint } from '#platform/crash-point'
import { AppError, explainFields } from '#platform/errors'
import { commands, usage } from './cli/commands.ts'
import { ConfigError, loadEnvironment, readConfig } from './config.ts'

/** The process: reads the configuration, runs one command, and says in one message why it could not. */
async function main(): Promise<void> {
  const [name = 'serve', ...args] = process.argv.slice(2)
  const command = commands[name]
  if (command === undefined) {
    process.stderr.write(`${usage}\n`)
    process.exitCode = ['help', '--help', '-h'].includes(name) ? 0 : 2
    return
  }
  try {
    const { KARYA_CRASHPOINT } = process.env
    if (KARYA_CRASHPOINT) armCrashPoint(KARYA_CRASHPOINT)
    await command({ args, config: readConfig(loadEnvironment(process.cwd(), process.env)) })
  } catch (error) {
    // What was begun may keep the process alive for ever, and nobody would start it again.
    process.stderr.write(`karya: ${explain(error)}\n`, () => process.exit(1))
  }
}

/** A mistake of the one who starts us needs no stack; anything else does. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AppError) return [error.message, ...explainFields(error)].join('\n  ')
  const isMistake = error instanceof ConfigError || 'code' in error
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return isMistake ? error.message : `${error.message}${cause}\n${error.stack ?? ''}`
}

await main()
