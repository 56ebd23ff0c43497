import type { Identity } from '#modules/identity'
import type { KeyValue } from '#platform/cache/key-value'
import type { Database } from '#platform/database/open'
import { refuseCaller } from '#platform/http/callers'
import { limitRates } from '#platform/http/rate-limit'
import { createHttpServer } from '#platform/http/server'
import type { HttpServer } from '#platform/http/types'
import { type PartState, registerHealth } from '#platform/telemetry/health'
import type { Log } from '#platform/telemetry/log'
import { type Metrics, registerMetricsRoute, registerRequestMetrics } from '#platform/telemetry/metrics'
import { registerRequestLog } from '#platform/telemetry/request-log'
import { registerRequestTraces } from '#platform/telemetry/traces'
import { aliases } from './aliases.ts'
import type { Config } from './config.ts'
import { version } from './version.ts'

type ServingParts = {
  readonly config: Config
  readonly log: Log
  readonly metrics: Metrics
  readonly database: Database
  readonly keyValue: KeyValue
  readonly authenticate: Identity['authenticate']
  readonly brokerState: () => PartState
  readonly isDraining: () => boolean
}

/** What machines ask all the time. */
const QUIET = ['/health/live', '/health/ready', '/metrics']

/** The HTTP server with everything that concerns every route, and without those of the modules. */
export async function createServing({
  config,
  log,
  metrics,
  database,
  keyValue,
  authenticate,
  brokerState,
  isDraining,
}: ServingParts): Promise<HttpServer> {
  const { production } = config
  const http = await createHttpServer({
    log,
    version,
    aliases,
    authenticate,
    defaultLanguage: config.defaultLanguage,
    corsOrigins: config.http.corsOrigins,
    trustProxy: config.http.trustProxy,
    isDraining,
    observe: (app) => {
      registerRequestTraces(app, { quiet: QUIET })
      registerRequestMetrics(app, metrics)
      registerRequestLog(app, { log, userOf: ({ actor }) => actor?.userId ?? null, quiet: QUIET })
    },
    limit: (app) => limitRates(app, { keyValue, ...config.rateLimits }),
  })
  registerHealth(http, {
    checks: {
      database: async () => await database.ping().then((): PartState => 'up'),
      cache: async () => (keyValue.state() === 'memory' ? 'off' : keyValue.state() === 'up' ? 'up' : 'down'),
      broker: async () => brokerState(),
    },
    isDraining,
  })
  if (config.metrics.port === null) {
    registerMetricsRoute(http, { metrics, token: config.metrics.token, production, refuse: refuseCaller })
  }
  return http
}
