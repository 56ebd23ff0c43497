import { createIdentity } from '#modules/identity'
import { createMemoryKeyValue } from '#platform/cache/memory'
import { createRedisKeyValue } from '#platform/cache/redis'
import { createRedisAlarm } from '#platform/cache/redis-alarm'
import { type Clock, systemClock } from '#platform/clock'
import { type Database, openDatabase } from '#platform/database/open'
import { createEventSignals } from '#platform/events/events'
import { measureInbox } from '#platform/events/inbox'
import { provideInstallation } from '#platform/events/installation'
import { createOutbox, measureOutbox } from '#platform/events/outbox'
import { createAnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { type Ids, systemIds } from '#platform/id'
import { type Draining, within } from '#platform/shutdown'
import type { Log } from '#platform/telemetry/log'
import { createMetrics } from '#platform/telemetry/metrics'
import { currentTraceparent, queryLogger, startTraces } from '#platform/telemetry/traces'
import { noAlarm } from '#platform/timers/alarm'
import { createTimers } from '#platform/timers/sweep'
import { type Background, startBackground } from './background.ts'
import { createCarriers } from './carriers.ts'
import type { Config } from './config.ts'
import { serveEvents } from './events.ts'
import { identityOptions } from './identity-options.ts'
import { createModules } from './modules.ts'
import { prepareDatabase } from './prepare.ts'
import { closeAll, createRunning, STOP_MS } from './running.ts'
import { markOf } from './secret.ts'
import { createServing } from './serving.ts'
import { version } from './version.ts'

export type AppParts = {
  readonly config: Config
  readonly log: Log
  /** Signs access tokens, refresh tokens and stored answers. */
  readonly secret: string
  readonly clock?: Clock
  readonly ids?: Ids
}

export type App = {
  readonly http: HttpServer
  readonly database: Database
  /** Opens the ports and answers the address. */
  readonly listen: () => Promise<string>
  /** Drains, then closes everything, outermost first (F3). */
  readonly stop: () => Promise<void>
}

/** Makes every part by hand, in order, ready to serve; nothing is reached from outside before `listen`. */
export async function createApp(parts: AppParts): Promise<App> {
  const opened: (() => Promise<void>)[] = []
  try {
    return await assemble(parts, opened)
  } catch (error) {
    await within(STOP_MS, closeAll(opened))
    throw error
  }
}

/** What has to be closed when it fails half-way is added to `opened`. */
async function assemble(
  { config, log, secret, clock = systemClock, ids = systemIds }: AppParts,
  opened: (() => Promise<void>)[],
): Promise<App> {
  const draining: Draining = { isDraining: false }
  const isDraining = () => draining.isDraining
  const metrics = createMetrics({ log })
  const traces = await startTraces({ endpoint: config.tracesEndpoint, serviceName: 'karya', version, log })
  opened.push(traces.shutdown)
  const database = await openDatabase({ ...config.database, log, onQuery: queryLogger({ metrics, log }) })
  opened.push(database.close)
  const { db } = database
  const keyValue =
    config.redisUrl === null
      ? createMemoryKeyValue({ clock })
      : createRedisKeyValue({ url: config.redisUrl, clock, log, onResult: metrics.countCache })
  opened.push(keyValue.close)
  const signals = createEventSignals()
  const outbox = createOutbox({
    clock,
    ids,
    traceparent: currentTraceparent,
    onCommit: signals.committed.tell,
  })
  const parts = { clock, ids, outbox }

  const identity = createIdentity(identityOptions({ ...parts, config, database, keyValue, secret }))
  await prepareDatabase({ config, database, identity, log })
  const installation = await provideInstallation({ db, clock, ids })
  const alarm =
    config.redisUrl === null ? noAlarm : createRedisAlarm({ url: config.redisUrl, log, installation })
  opened.push(alarm.close)
  const timers = createTimers({ db, clock, log, alarm })
  const cache = { keyValue, installation, onAdvance: signals.advanced.subscribe, count: metrics.countCache }
  const modules = createModules({ ...parts, config, db, timers, log, identity, secret, cache })

  let background: Background | null = null
  const http = await createServing({
    config,
    log,
    metrics,
    database,
    keyValue,
    authenticate: modules.authenticate,
    brokerState: () => background?.brokerState() ?? 'off',
    isDraining,
  })
  metrics.watchPool(database.poolState)
  metrics.watchOutbox(async () => await measureOutbox(db, clock.now()))
  metrics.watchInbox(async () => await measureInbox(db))
  const answerOnce = createAnswerOnce({ secret, clock })
  modules.registerRoutes(http, { answerOnce })
  const { authenticate } = modules
  serveEvents(http, { db, clock, log, installation, answerOnce, authenticate, signals, isDraining })
  const carriers = await createCarriers({ config, service: installation, tokenMark: markOf(secret), log })
  background = await startBackground({
    database,
    clock,
    log,
    metrics,
    installation,
    keyValue,
    signals,
    timers,
    modules,
    carriers,
  })
  const running = createRunning({
    config,
    metrics,
    http,
    draining,
    stopBackground: background.stop,
    beside: [keyValue.close, alarm.close, traces.shutdown],
    closeDatabase: database.close,
  })
  return { http, database, ...running }
}
