import cluster from 'node:cluster'
import { mkdir } from 'node:fs/promises'
import { flushCompileCache } from 'node:module'
import { stopOnSignals } from '#platform/shutdown'
import { createLog, type Log } from '#platform/telemetry/log'
import { createApp } from '../app.ts'
import type { Config } from '../config.ts'
import { provideSecret } from '../secret.ts'
import type { CommandInput } from './commands.ts'
import { superviseWorkers } from './workers.ts'

/** Under the ten seconds that an orchestrator is told to wait (F3). */
const STOP_LIMIT_MS = 9_500

export async function serve({ config }: CommandInput): Promise<void> {
  const log = createLog({ level: config.logLevel })
  // A stray rejection is a mistake of ours; it must neither pass unseen nor take the others' requests with it.
  process.on('unhandledRejection', (reason) => log.error({ err: reason }, 'an unhandled rejection'))
  if (config.workers > 1 && cluster.isPrimary) return superviseWorkers({ config, log })
  await serveHere(config, log)
}

async function serveHere(config: Config, log: Log): Promise<void> {
  await mkdir(config.dataDirectory, { recursive: true })
  for (const warning of config.warnings) log.warn(warning)
  const app = await createApp({ config, log, secret: await provideSecret(config) })
  stopOnSignals({ log, stop: app.stop, limitMs: STOP_LIMIT_MS })
  const address = await app.listen()
  // What was compiled now is ready for the next start, however this process will end.
  flushCompileCache()
  const readyInMs = Math.round(process.uptime() * 1_000)
  log.info({ address, ready_in_ms: readyInMs }, 'ready')
  if (config.production) return
  process.stdout.write(`${[`Karya serves ${address}`, ...hintsOf(config, address)].join(' · ')}\n`)
}

/** What somebody would want to know who has just started it. */
function hintsOf({ modules }: Config, address: string): string[] {
  const docs = `docs: ${address}/api/v1/docs`
  if (modules.includes('identity')) return [docs, 'first administrator: node karya.mjs admin create']
  return [docs, `only ${modules.join(', ')}: people sign in where identity runs`]
}
