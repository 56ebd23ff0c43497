import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { FastifyRequest } from 'fastify'
import type { CacheAsideOutcome } from '../cache/cache-aside.ts'
import type { KeyValueOutcome } from '../cache/key-value.ts'
import type { HttpServer } from '../http/types.ts'
import type { Log } from './log.ts'
import { onRequestEnd } from './request-end.ts'
import { answerWithin } from './time-limit.ts'

type EventOutcome = 'handled' | 'duplicate' | 'failed' | 'parked'

type PoolReading = {
  readonly total: number
  readonly idle: number
  readonly waiting: number
  readonly max: number
}

type InboxReading = { readonly waiting: number; readonly parked: number }
type OutboxReading = { readonly backlog: number; readonly oldestAgeSeconds: number }

/** What is counted and measured (F14). Labels come from fixed sets; nothing that a caller makes up is one. */
export type Metrics = {
  readonly observeRequest: (request: {
    readonly method: string
    /** The route's pattern. */
    readonly route: string
    readonly status: number
    readonly durationMs: number
  }) => void
  /** One statement; `operation` is `select`, `insert`, `update`, `delete` or `other`. */
  readonly observeQuery: (query: { readonly operation: string; readonly durationMs: number }) => void
  /** `operation` is what was looked up, as in `product_detail`. */
  readonly countCache: (operation: string, outcome: KeyValueOutcome | CacheAsideOutcome) => void
  readonly countEvent: (consumer: string, outcome: EventOutcome) => void
  /** Has the pool read at each scrape. */
  readonly watchPool: (read: () => PoolReading) => void
  /** Has the outbox measured at each scrape; what fails or takes over a second is left out of that scrape. */
  readonly watchOutbox: (read: () => Promise<OutboxReading>) => void
  /** Has what consumers could not handle yet counted at each scrape, likewise. */
  readonly watchInbox: (read: () => Promise<InboxReading>) => void
  readonly text: () => Promise<{ contentType: string; body: string }>
}

type MetricsParts = { readonly log: Log }

/** Seconds. */
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const QUERY_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
const READING_LIMIT_MS = 1_000

const PATH = '/metrics'

/** Metrics in a registry of their own, together with those of the process. */
export function createMetrics({ log }: MetricsParts): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const readings: (() => Promise<void>)[] = []
  collectDefaultMetrics({ register: registry })

  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests that are over, by status; 499 is a caller who left.',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const requestErrors = new Counter({
    name: 'http_request_errors_total',
    help: 'Requests that failed on our side: every status from 500 on.',
    labelNames: ['method', 'route'],
    registers,
  })
  const requestDuration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first look at a request to the end of its answer.',
    labelNames: ['method', 'route'],
    buckets: REQUEST_BUCKETS,
    registers,
  })
  const queryDuration = new Histogram({
    name: 'db_query_duration_seconds',
    help: 'Time that a statement took, failed ones included.',
    labelNames: ['operation'],
    buckets: QUERY_BUCKETS,
    registers,
  })
  const cacheRequests = new Counter({
    name: 'cache_requests_total',
    help: 'Look-ups in the cache, by what they looked for and what came of it.',
    labelNames: ['operation', 'outcome'],
    registers,
  })
  const eventsHandled = new Counter({
    name: 'events_handled_total',
    help: 'Events given to a consumer, by what came of it.',
    labelNames: ['consumer', 'outcome'],
    registers,
  })

  return {
    observeRequest({ method, route, status, durationMs }) {
      requests.inc({ method, route, status })
      requestDuration.observe({ method, route }, durationMs / 1_000)
      if (status >= 500) requestErrors.inc({ method, route })
    },
    observeQuery({ operation, durationMs }) {
      queryDuration.observe({ operation }, durationMs / 1_000)
    },
    countCache: (operation, outcome) => cacheRequests.inc({ operation, outcome }),
    countEvent: (consumer, outcome) => eventsHandled.inc({ consumer, outcome }),

    watchPool(read) {
      const connections = new Gauge({
        name: 'db_pool_connections',
        help: 'Connections in use and idle, callers waiting for one, and the most there may be.',
        labelNames: ['state'],
        registers,
      })
      readings.push(async () => {
        const { total, idle, waiting, max } = read()
        connections.set({ state: 'used' }, total - idle)
        connections.set({ state: 'idle' }, idle)
        connections.set({ state: 'waiting' }, waiting)
        connections.set({ state: 'max' }, max)
      })
    },

    watchOutbox(read) {
      const backlog = new Gauge({
        name: 'outbox_backlog_events',
        help: 'Events that are committed and not announced yet.',
        registers,
      })
      const oldestAge = new Gauge({
        name: 'outbox_oldest_age_seconds',
        help: 'How long the oldest of them has been waiting.',
        registers,
      })
      readings.push(async () => {
        // No value until it is known: an old one, or zero, would hide the trouble that it is there to show.
        backlog.remove()
        oldestAge.remove()
        const reading = await answerWithin(READING_LIMIT_MS, read())
        backlog.set(reading.backlog)
        oldestAge.set(reading.oldestAgeSeconds)
      })
    },

    watchInbox(read) {
      const held = new Gauge({
        name: 'events_held',
        help: 'Events that wait for another try at a consumer, and those that were parked.',
        labelNames: ['state'],
        registers,
      })
      readings.push(async () => {
        held.reset()
        const { waiting, parked } = await answerWithin(READING_LIMIT_MS, read())
        held.set({ state: 'waiting' }, waiting)
        held.set({ state: 'parked' }, parked)
      })
    },

    async text() {
      await Promise.all(readings.map((read) => read().catch(tellOfFailure)))
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }

  function tellOfFailure(error: unknown): void {
    log.warn({ err: error }, 'a metric could not be read')
  }
}

/** Counts and times every request by its route. */
export function registerRequestMetrics(app: HttpServer, metrics: Pick<Metrics, 'observeRequest'>): void {
  onRequestEnd(app, ({ request, route, status, durationMs }) => {
    metrics.observeRequest({ method: request.method, route, status, durationMs })
  })
}

type MetricsRouteOptions = {
  readonly metrics: Pick<Metrics, 'text'>
  /** `METRICS_TOKEN`; null without one. */
  readonly token: string | null
  readonly production: boolean
  /** Makes the error that refuses a caller who does not hold the token. */
  readonly refuse: (code: 'missing_authorization' | 'invalid_token') => Error
}

/**
 * `GET /metrics` for the holders of the token; without a token for callers on this machine, and for nobody in
 * production (F14). Where `METRICS_PORT` is set, `startMetricsServer` takes the place of this route.
 */
export function registerMetricsRoute(
  app: HttpServer,
  { metrics, token, production, refuse }: MetricsRouteOptions,
): void {
  if (token === null && production) return
  const expected = token === null ? null : digest(token)

  app.get(PATH, { config: { public: true }, schema: { hide: true } }, async (request, reply) => {
    if (expected === null) {
      if (!isDirectLoopback(request)) return reply.callNotFound()
    } else {
      const { authorization } = request.headers
      if (authorization === undefined) throw refuse('missing_authorization')
      const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
      if (given === undefined || !timingSafeEqual(digest(given), expected)) throw refuse('invalid_token')
    }
    const { contentType, body } = await metrics.text()
    reply.type(contentType).header('cache-control', 'no-store')
    return body
  })
}

/** Of one length whatever the text, as a comparison in constant time needs it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

const LOOPBACK = /^(?:(?:::ffff:)?127\.|::1$)/
const FORWARDING = new Set(['forwarded', 'via', 'x-real-ip', 'x-client-ip', 'true-client-ip'])

/** A proxy on this machine calls from a loopback address as well, but for somebody else. */
function isDirectLoopback({ socket, headers }: FastifyRequest): boolean {
  if (!LOOPBACK.test(socket.remoteAddress ?? '')) return false
  return !Object.keys(headers).some((name) => FORWARDING.has(name) || name.startsWith('x-forwarded'))
}

type MetricsServerOptions = {
  readonly metrics: Pick<Metrics, 'text'>
  readonly host: string
  readonly port: number
}

type MetricsServer = {
  /** The one that was asked for, or the one that was free when 0 was. */
  readonly port: number
  readonly close: () => Promise<void>
}

/** `GET /metrics` on a port of its own (F14); whoever can reach the port may read. */
export async function startMetricsServer({
  metrics,
  host,
  port,
}: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.url?.split('?', 1)[0] !== PATH || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404).end()
      return
    }
    metrics.text().then(
      ({ contentType, body }) => response.writeHead(200, { 'content-type': contentType }).end(body),
      () => response.writeHead(500).end(),
    )
  })
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}
