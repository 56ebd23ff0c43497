import {
  context,
  ProxyTracer,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { LogEvent } from 'kysely'
import { AppError } from '../errors.ts'
import type { HttpServer } from '../http/types.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { routeOf } from './request-end.ts'
import { answerWithin } from './time-limit.ts'
import { formatTraceparent, parseTraceparent } from './trace-context.ts'

type TracesOptions = {
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`, the base to which `/v1/traces` is added; null switches traces off. */
  readonly endpoint: string | null
  readonly serviceName: string
  readonly version: string
  readonly log: Log
}

export type Traces = {
  /** Hands over what is still held, for two seconds at most. */
  readonly shutdown: () => Promise<void>
}

const SHUTDOWN_LIMIT_MS = 2_000

/**
 * Starts to send traces (F15). What makes spans in this file asks the API of OpenTelemetry each time, so it may
 * be wired before or after this, and costs next to nothing while traces are off.
 */
export async function startTraces({ endpoint, ...options }: TracesOptions): Promise<Traces> {
  if (endpoint === null) return { shutdown: async () => {} }
  // The SDK takes 50 ms to load, which only those who asked for traces should pay.
  const { startExport } = await import('./trace-export.ts')
  const sending = startExport({ ...options, url: `${endpoint.replace(/\/+$/, '')}/v1/traces` })
  return {
    async shutdown() {
      try {
        await answerWithin(SHUTDOWN_LIMIT_MS, sending.shutdown())
      } catch (error) {
        options.log.warn({ err: error }, 'the last traces could not be sent')
      }
    },
  }
}

function activeTracer(): Tracer | null {
  const tracer = trace.getTracer('karya')
  // The API hands out a proxy for as long as nobody has registered a real tracer.
  return tracer instanceof ProxyTracer ? null : tracer
}

/** The W3C trace context of the work under way, as an event keeps it (E4). */
export function currentTraceparent(): string | null {
  const span = trace.getActiveSpan()
  return span === undefined ? null : formatTraceparent(span.spanContext())
}

type RequestTracesOptions = {
  /** The patterns of routes that are not worth a trace. */
  readonly quiet?: readonly string[]
}

/** One span for each request, in the trace that the caller names; whatever serves the request runs inside. */
export function registerRequestTraces(app: HttpServer, { quiet = [] }: RequestTracesOptions = {}): void {
  const quietRoutes = new Set(quiet)
  app.addHook('onRequest', (request, reply, done) => {
    const tracer = activeTracer()
    const route = routeOf(request)
    if (tracer === null || quietRoutes.has(route)) return done()
    const caller = parseTraceparent(request.headers['traceparent'])
    const parent = caller === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, caller)
    const span = tracer.startSpan(
      `${request.method} ${route}`,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': request.method,
          'http.route': route,
          'karya.request_id': request.id,
        },
      },
      parent,
    )
    reply.raw.once('close', () => {
      const { statusCode, headersSent, writableEnded } = reply.raw
      if (headersSent) span.setAttribute('http.response.status_code', statusCode)
      if (headersSent && statusCode >= 500) fail(span, String(statusCode))
      else if (!writableEnded) span.setAttribute('error.type', 'aborted')
      span.end()
    })
    context.with(trace.setSpan(parent, span), done)
  })
}

type Continued = { readonly name: string; readonly traceparent: string | undefined }

/** Goes on with the trace that an event or a timer brought along (F15): a span of its own around the work. */
export async function continueTrace<Result>(
  { name, traceparent }: Continued,
  work: () => Promise<Result>,
): Promise<Result> {
  const tracer = activeTracer()
  const origin = parseTraceparent(traceparent)
  // What began without a trace is not worth one of its own.
  if (tracer === null || origin === null) return await work()
  const parent = trace.setSpanContext(ROOT_CONTEXT, origin)
  return await tracer.startActiveSpan(name, { kind: SpanKind.CONSUMER }, parent, async (span) => {
    try {
      return await work()
    } catch (error) {
      fail(span, typeOf(error))
      throw error
    } finally {
      span.end()
    }
  })
}

type UseCases = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>

/** The same use cases, each in a span of its own named `module.useCase`. */
export function traceUseCases<Service extends UseCases>(module: string, service: Service): Service {
  const traced = Object.entries(service).map(([name, useCase]) => {
    return [name, traceUseCase(`${module}.${name}`, useCase)] as const
  })
  return { ...service, ...Object.fromEntries(traced) }
}

function traceUseCase<Args extends never[], Result>(
  name: string,
  useCase: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return (...args) => {
    const tracer = activeTracer()
    return tracer === null ? useCase(...args) : tracer.startActiveSpan(name, (span) => run(span, args))
  }

  async function run(span: Span, args: Args): Promise<Result> {
    try {
      return await useCase(...args)
    } catch (error) {
      if (isRefusal(error)) span.setAttribute('karya.refusal', error.code)
      else fail(span, typeOf(error))
      throw error
    } finally {
      span.end()
    }
  }
}

/** To refuse what the rules forbid is no failure of the one who refuses. */
function isRefusal(error: unknown): error is AppError {
  return error instanceof AppError && error.kind !== 'upstream' && error.kind !== 'unavailable'
}

type QueryLoggerParts = {
  readonly metrics: Pick<Metrics, 'observeQuery'>
  /** A statement that takes longer is logged; none is without it. */
  readonly slowQueryMs?: number
  readonly log: Log
}

const OPERATIONS: Readonly<Record<string, string>> = {
  SelectQueryNode: 'select',
  InsertQueryNode: 'insert',
  UpdateQueryNode: 'update',
  DeleteQueryNode: 'delete',
}

/** Kysely's `log`: measures each statement, makes it a span of the work under way, and tells no values. */
export function queryLogger({ metrics, slowQueryMs = Infinity, log }: QueryLoggerParts) {
  return (event: LogEvent): void => {
    const { query, queryDurationMillis: durationMs } = event
    const operation = OPERATIONS[query.query.kind] ?? 'other'
    metrics.observeQuery({ operation, durationMs })
    if (durationMs > slowQueryMs)
      log.warn({ statement: query.sql, duration_ms: durationMs }, 'a slow statement')
    // What polls in the background would otherwise fill the collector with traces of a single span.
    if (trace.getActiveSpan()?.isRecording() === true) recordStatement(event)
  }
}

const VERB = /^\w+/
const TABLE = /\b(?:from|into|update) ["`]?(\w+)/

function recordStatement(event: LogEvent): void {
  const { sql } = event.query
  const endedAt = performance.now()
  const span = activeTracer()?.startSpan([VERB.exec(sql)?.[0], TABLE.exec(sql)?.[1]].join(' ').trim(), {
    kind: SpanKind.CLIENT,
    startTime: endedAt - event.queryDurationMillis,
    attributes: { 'db.query.text': sql },
  })
  if (span === undefined) return
  if (event.level === 'error') fail(span, typeOf(event.error))
  span.end(endedAt)
}

/** The type alone: a driver's message may hold values, and the log has the rest. */
function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR })
}

function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return 'code' in error ? String(error.code) : error.name
}
