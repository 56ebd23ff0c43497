import { createIdentity, type IdentityTables } from '#modules/identity'
import { registerShop, type ShopTables } from '#modules/shop'
import { createMemoryKeyValue } from '#platform/cache/memory'
import { createRedisKeyValue } from '#platform/cache/redis'
import { type Clock, systemClock } from '#platform/clock'
import { type Database, openDatabase } from '#platform/database/open'
import { createOutbox, measureOutbox } from '#platform/events/outbox'
import { refuseCaller } from '#platform/http/callers'
import { createAnswerOnce } from '#platform/http/idempotency'
import { limitRates } from '#platform/http/rate-limit'
import { createHttpServer } from '#platform/http/server'
import type { HttpServer } from '#platform/http/types'
import { type Ids, systemIds } from '#platform/id'
import { type Draining, drain, within } from '#platform/shutdown'
import { type PartState, registerHealth } from '#platform/telemetry/health'
import type { Log } from '#platform/telemetry/log'
import {
  createMetrics,
  registerMetricsRoute,
  registerRequestMetrics,
  startMetricsServer,
} from '#platform/telemetry/metrics'
import { registerRequestLog } from '#platform/telemetry/request-log'
import {
  currentTraceparent,
  queryLogger,
  registerRequestTraces,
  startTraces,
} from '#platform/telemetry/traces'
import { aliases } from './aliases.ts'
import type { Config } from './config.ts'
import { startHousekeeping } from './housekeeping.ts'
import { prepareDatabase } from './prepare.ts'
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
export async function createApp({
  config,
  log,
  secret,
  clock = systemClock,
  ids = systemIds,
}: AppParts): Promise<App> {
  /** What machines ask all the time. */
  const quiet = ['/health/live', '/health/ready', '/metrics']
  const draining: Draining = { isDraining: false }
  const { production, metrics: metricsOptions } = config
  const metrics = createMetrics({ log })
  const traces = await startTraces({ endpoint: config.tracesEndpoint, serviceName: 'karya', version, log })
  const database = await openDatabase({ ...config.database, log, onQuery: queryLogger({ metrics, log }) })
  const keyValue =
    config.redisUrl === null
      ? createMemoryKeyValue({ clock })
      : createRedisKeyValue({ url: config.redisUrl, clock, log, onResult: metrics.countCache })
  const outbox = createOutbox({ clock, ids, traceparent: currentTraceparent })
  const parts = { clock, ids, outbox }

  const identity = createIdentity({
    ...parts,
    db: database.db.withTables<IdentityTables>(),
    keyValue,
    secret,
    production,
    passwordScheme: config.passwordScheme,
    accessTtlMs: config.tokens.accessTokenTtlMs,
    refreshTtlMs: config.tokens.refreshTokenTtlMs,
  })
  await prepareDatabase({ config, database, identity, log })

  const http = await createHttpServer({
    log,
    version,
    aliases,
    authenticate: identity.authenticate,
    defaultLanguage: config.defaultLanguage,
    corsOrigins: config.http.corsOrigins,
    trustProxy: config.http.trustProxy,
    isDraining: () => draining.isDraining,
    observe: (app) => {
      registerRequestTraces(app, { quiet })
      registerRequestMetrics(app, metrics)
      registerRequestLog(app, {
        log,
        userOf: ({ actor }) => actor?.userId ?? null,
        quiet,
      })
    },
    limit: (app) => limitRates(app, { keyValue, ...config.rateLimits }),
  })
  registerHealth(http, {
    checks: {
      database: async () => await database.ping().then((): PartState => 'up'),
      cache: async () => (keyValue.state() === 'memory' ? 'off' : keyValue.state() === 'up' ? 'up' : 'down'),
      broker: async () => 'off',
    },
    isDraining: () => draining.isDraining,
  })
  if (metricsOptions.port === null) {
    registerMetricsRoute(http, { metrics, token: metricsOptions.token, production, refuse: refuseCaller })
  }
  metrics.watchPool(database.poolState)
  metrics.watchOutbox(async () => await measureOutbox(database.db, clock.now()))

  const answerOnce = createAnswerOnce({ secret, clock })
  const { businessZone, modules } = config
  if (modules.includes('identity')) identity.registerRoutes(http, { answerOnce })
  if (modules.includes('shop')) {
    registerShop(http, { ...parts, db: database.db.withTables<ShopTables>(), answerOnce, businessZone })
  }
  const housekeeping = startHousekeeping({ db: database.db.withTables<IdentityTables>(), clock, log })
  let closeMetrics = async () => {}

  return {
    http,
    database,
    async listen() {
      const { port } = metricsOptions
      if (port !== null) {
        const server = await startMetricsServer({ metrics, host: config.http.host, port })
        closeMetrics = server.close
      }
      return await http.listen({ host: config.http.host, port: config.http.port })
    },
    async stop() {
      await drain({ app: http, draining, production })
      await housekeeping.stop()
      await within(2_000, Promise.allSettled([closeMetrics(), keyValue.close(), traces.shutdown()]))
      await within(1_000, database.close())
    },
  }
}
