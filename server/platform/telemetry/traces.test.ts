import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import fastify from 'fastify'
import { sql } from 'kysely'
import { type Database, openDatabase } from '../database/open.ts'
import { AppError, refuse } from '../errors.ts'
import type { HttpServer } from '../http/types.ts'
import { createLog } from './log.ts'
import { createMetrics } from './metrics.ts'
import { parseTraceparent } from './trace-context.ts'
import {
  currentTraceparent,
  queryLogger,
  registerRequestTraces,
  startTraces,
  type Traces,
  traceUseCases,
} from './traces.ts'

const CALLER_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const CALLER_SPAN = '00f067aa0ba902b7'
const SERVER_KIND = 2
const CLIENT_KIND = 3
const STATUS_ERROR = 2

type Attribute = { readonly key: string; readonly value: Readonly<Record<string, unknown>> }
type Span = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly status: { readonly code: number; readonly message?: string }
  readonly events: readonly unknown[]
}

/** An OpenTelemetry collector that keeps what it is sent. */
async function startCollector({ status = 200 } = {}) {
  const bodies: string[] = []
  const server: Server = createServer((request, response) => {
    void receive()

    async function receive(): Promise<void> {
      assert.equal(request.url, '/v1/traces')
      bodies.push(await text(request))
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const exports = () => bodies.flatMap((body) => JSON.parse(body).resourceSpans)
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    bodies,
    resource: (): Attribute[] => exports()[0].resource.attributes,
    spans: (): Span[] =>
      exports().flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope: { spans: Span[] }) => scope.spans)),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function attributeOf(attributes: readonly Attribute[], key: string): unknown {
  const value = attributes.find((attribute) => attribute.key === key)?.value
  return value === undefined ? undefined : Object.values(value)[0]
}

type Line = Readonly<Record<string, unknown>>

/** For one test only: an exporter that was given up may still tell of its collector when the next one runs. */
function listenToLog() {
  const lines: Line[] = []
  const log = createLog({
    level: 'info',
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  })
  return { lines, log }
}

const metrics = createMetrics({ log: listenToLog().log })

describe('traces', () => {
  let folder: string
  let database: Database
  let app: HttpServer
  let collector: Awaited<ReturnType<typeof startCollector>>
  let traces: Traces
  const traceparents: (string | null)[] = []
  let { lines, log } = listenToLog()

  beforeEach(async () => {
    ;({ lines, log } = listenToLog())
    traceparents.length = 0
    collector = await startCollector()
    folder = mkdtempSync(join(tmpdir(), 'karya-traces-'))
    database = await openDatabase({
      address: { engine: 'sqlite', file: join(folder, 'test.db') },
      pool: { max: 1, idleMs: 1_000, lifetimeMs: 1_000, acquireTimeoutMs: 1_000 },
      log,
      onQuery: queryLogger({ metrics, log }),
    })
    await sql`create table orders (name text primary key)`.execute(database.db)
    traces = await startTraces({
      endpoint: `${collector.endpoint}/`,
      serviceName: 'karya',
      version: '1.2.3',
      log,
    })
    app = fastify({ genReqId: () => 'request-1' })
    registerRequestTraces(app, { quiet: ['/health/live'] })
    const shop = traceUseCases('shop', {
      async placeOrder(name: string): Promise<string> {
        await delay(1)
        await database.db.transaction().execute(async (trx) => {
          await sql`insert into orders values (${name})`.execute(trx)
          traceparents.push(currentTraceparent())
        })
        log.info('an order was placed')
        return name
      },
      async failWith(error: unknown): Promise<never> {
        await delay(1)
        throw error
      },
    })
    app.setErrorHandler(async (error, _request, reply) => {
      return await reply.code(error instanceof AppError ? 404 : 500).send({})
    })
    app.post<{ Body: { name: string } }>('/orders/:kind', async ({ body }) => ({
      placed: await shop.placeOrder(body.name),
    }))
    app.get('/refused', async () => await shop.failWith(refuse('not_found')))
    app.get('/failed', async () => await shop.failWith(new TypeError('the secret is s3same')))
    app.get('/health/live', async () => {
      await sql`select 1`.execute(database.db)
      return {}
    })
    app.get('/slow', async () => await delay(150, {}))
  })
  afterEach(async () => {
    await traces.shutdown()
    await app.close()
    await database.close()
    collector.close()
    rmSync(folder, { recursive: true })
  })

  async function listen(): Promise<string> {
    return await app.listen({ port: 0, host: '127.0.0.1' })
  }

  async function placeOrder(origin: string, name: string, headers: Record<string, string> = {}) {
    const answer = await fetch(`${origin}/orders/retail?from=web`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ name }),
    })
    assert.equal(answer.status, 200, await answer.text())
  }

  it('F15 makes one trace of a request, its use case and its statements', async () => {
    await placeOrder(await listen(), 'a pump')
    await traces.shutdown()
    const spans = collector.spans()
    const request = spans.find(({ kind }) => kind === SERVER_KIND)
    const useCase = spans.find(({ name }) => name === 'shop.placeOrder')
    const insert = spans.find(({ kind }) => kind === CLIENT_KIND)
    assert.ok(request !== undefined && useCase !== undefined && insert !== undefined)
    assert.equal(request.name, 'POST /orders/:kind')
    assert.equal(request.parentSpanId, undefined)
    assert.equal(useCase.parentSpanId, request.spanId)
    assert.equal(insert.parentSpanId, useCase.spanId)
    assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)).size, 1)
    assert.deepEqual(traceparents, [`00-${useCase.traceId}-${useCase.spanId}-01`])

    assert.equal(attributeOf(request.attributes, 'http.request.method'), 'POST')
    assert.equal(attributeOf(request.attributes, 'http.route'), '/orders/:kind')
    assert.equal(Number(attributeOf(request.attributes, 'http.response.status_code')), 200)
    assert.equal(attributeOf(request.attributes, 'karya.request_id'), 'request-1')
    assert.equal(attributeOf(collector.resource(), 'service.name'), 'karya')
    assert.equal(attributeOf(collector.resource(), 'service.version'), '1.2.3')
    for (const inner of [useCase, insert]) {
      assert.ok(BigInt(inner.startTimeUnixNano) >= BigInt(request.startTimeUnixNano))
      assert.ok(BigInt(inner.endTimeUnixNano) <= BigInt(request.endTimeUnixNano))
    }
  })

  it('F15 goes on with the trace that the caller names', async () => {
    const origin = await listen()
    await placeOrder(origin, 'a pump', { traceparent: `00-${CALLER_TRACE}-${CALLER_SPAN}-01` })
    await traces.shutdown()
    const spans = collector.spans()
    assert.equal(spans.length, 3)
    for (const { traceId } of spans) assert.equal(traceId, CALLER_TRACE)
    assert.equal(spans.find(({ kind }) => kind === SERVER_KIND)?.parentSpanId, CALLER_SPAN)
  })

  it('F15 begins a trace of its own where the caller names none that can be', async () => {
    await placeOrder(await listen(), 'a pump', { traceparent: `00-${CALLER_TRACE}-0000000000000000-01` })
    await traces.shutdown()
    assert.notEqual(collector.spans()[0]?.traceId, CALLER_TRACE)
  })

  it('F15 sends nothing of a trace that the caller does not want, but still hands its id on', async () => {
    await placeOrder(await listen(), 'a pump', { traceparent: `00-${CALLER_TRACE}-${CALLER_SPAN}-00` })
    await traces.shutdown()
    assert.deepEqual(collector.spans(), [])
    assert.match(traceparents[0] ?? '', new RegExp(`^00-${CALLER_TRACE}-[0-9a-f]{16}-00$`))
  })

  it('F15 keeps requests apart that are under way at the same time', async () => {
    const origin = await listen()
    const ids = Array.from({ length: 20 }, (_, index) => (index + 1).toString(16).padStart(32, '0'))
    await Promise.all(ids.map((id) => placeOrder(origin, id, { traceparent: `00-${id}-${CALLER_SPAN}-01` })))
    await traces.shutdown()
    const byTrace = Map.groupBy(collector.spans(), ({ traceId }) => traceId)
    assert.deepEqual([...byTrace.keys()].sort(), ids)
    for (const spans of byTrace.values()) assert.equal(spans.length, 3)
  })

  it('F15 tells the text of a statement and never its values, nor what a driver says of them', async () => {
    const origin = await listen()
    await placeOrder(origin, 's3same')
    const again = await fetch(`${origin}/orders/retail`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 's3same' }),
    })
    assert.equal(again.status, 500)
    await traces.shutdown()
    const [first, second] = collector.spans().filter(({ kind }) => kind === CLIENT_KIND)
    assert.equal(first?.name, 'insert orders')
    assert.equal(attributeOf(first?.attributes ?? [], 'db.query.text'), 'insert into orders values (?)')
    assert.equal(second?.status.code, STATUS_ERROR)
    assert.equal(attributeOf(second.attributes, 'error.type'), 'ERR_SQLITE_ERROR')
    assert.equal(
      collector.bodies.some((body) => body.includes('s3same')),
      false,
    )
  })

  it('F15 names a statement after what it does to which table', async () => {
    const names = traceUseCases('shop', {
      async read(): Promise<void> {
        await database.db
          .selectFrom('outbox')
          .select('id')
          .execute()
          .catch(() => {})
        await database.db
          .deleteFrom('outbox')
          .where('id', '=', 'x')
          .execute()
          .catch(() => {})
      },
    })
    await names.read()
    await traces.shutdown()
    assert.deepEqual(
      collector.spans().map(({ name }) => name),
      ['select outbox', 'delete outbox', 'shop.read'],
    )
  })

  it('F15 marks what failed, and not what was refused', async () => {
    const origin = await listen()
    assert.equal((await fetch(`${origin}/refused`)).status, 404)
    assert.equal((await fetch(`${origin}/failed`)).status, 500)
    await traces.shutdown()
    const [refusedUseCase, refused, failedUseCase, failed] = collector.spans()
    assert.equal(attributeOf(refusedUseCase?.attributes ?? [], 'karya.refusal'), 'not_found')
    assert.notEqual(refusedUseCase?.status.code, STATUS_ERROR)
    assert.notEqual(refused?.status.code, STATUS_ERROR)
    assert.equal(attributeOf(failedUseCase?.attributes ?? [], 'error.type'), 'TypeError')
    assert.equal(failedUseCase?.status.code, STATUS_ERROR)
    assert.equal(failed?.status.code, STATUS_ERROR)
    assert.equal(
      collector.bodies.some((body) => body.includes('s3same')),
      false,
    )
  })

  it('F15 ends the span of a request whose caller leaves', async () => {
    const { hostname, port } = new URL(await listen())
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n')
    await delay(50)
    socket.destroy()
    await delay(200)
    await traces.shutdown()
    const spans = collector.spans()
    assert.equal(spans.length, 1)
    assert.equal(attributeOf(spans[0]?.attributes ?? [], 'error.type'), 'aborted')
  })

  it('F15 makes no trace of quiet routes, nor of statements that belong to no work', async () => {
    const origin = await listen()
    await fetch(`${origin}/health/live`)
    await sql`select 1`.execute(database.db)
    await traces.shutdown()
    assert.deepEqual(collector.spans(), [])
  })

  it('F13 F15 leads from a line of the log to its trace', async () => {
    await placeOrder(await listen(), 'a pump', { traceparent: `00-${CALLER_TRACE}-${CALLER_SPAN}-01` })
    assert.equal(lines.find(({ msg }) => msg === 'an order was placed')?.['trace_id'], CALLER_TRACE)
  })

  it('F15 serves as ever while the collector is away, and stops without waiting for it', async () => {
    const origin = await listen()
    collector.close()
    for (const name of ['a pump', 'a valve']) await placeOrder(origin, name)
    const startedAt = performance.now()
    await traces.shutdown()
    assert.ok(performance.now() - startedAt < 2_500)
    assert.equal(lines.filter(({ level }) => level === 'warn').length, 1)
    await placeOrder(origin, 'a hose')
  })

  it('F15 says once that the collector takes no traces, however many it refuses', async () => {
    await traces.shutdown()
    const refusing = await startCollector({ status: 400 })
    traces = await startTraces({ endpoint: refusing.endpoint, serviceName: 'karya', version: '1.2.3', log })
    const { busy } = traceUseCases('shop', { busy: async () => {} })
    // More than fit into one batch.
    for (let count = 0; count < 1_200; count++) await busy()
    await traces.shutdown()
    refusing.close()
    assert.ok(refusing.bodies.length > 1)
    assert.equal(lines.filter(({ msg }) => msg === 'the collector does not take traces').length, 1)
  })
})

describe('traces that are off', () => {
  it('F15 leave no trace and change nothing', async () => {
    const traces = await startTraces({
      endpoint: null,
      serviceName: 'karya',
      version: '1.2.3',
      log: listenToLog().log,
    })
    const app: HttpServer = fastify()
    registerRequestTraces(app)
    const shop = traceUseCases('shop', {
      double: async (amount: number) => ({ amount: amount * 2, traceparent: currentTraceparent() }),
    })
    app.get('/double', async () => await shop.double(21))
    const answer = await app.inject({
      url: '/double',
      headers: { traceparent: `00-${CALLER_TRACE}-${CALLER_SPAN}-01` },
    })
    assert.deepEqual(answer.json(), { amount: 42, traceparent: null })
    await traces.shutdown()
  })
})

describe('the log of statements', () => {
  const SECRET = 's3same'

  async function ask(slowQueryMs: number | undefined): Promise<readonly Line[]> {
    const { lines, log } = listenToLog()
    const folder = mkdtempSync(join(tmpdir(), 'karya-statements-'))
    const { db, close } = await openDatabase({
      address: { engine: 'sqlite', file: join(folder, 'test.db') },
      pool: { max: 1, idleMs: 1_000, lifetimeMs: 1_000, acquireTimeoutMs: 1_000 },
      log,
      onQuery: queryLogger({ metrics, log, ...(slowQueryMs === undefined ? {} : { slowQueryMs }) }),
    })
    await sql`select ${SECRET} as name`.execute(db)
    await close()
    rmSync(folder, { recursive: true })
    return lines
  }

  it('F14 measures every statement', async () => {
    const counted = async () =>
      /db_query_duration_seconds_count\{operation="other"\} (\d+)/.exec((await metrics.text()).body)?.[1]
    const before = Number((await counted()) ?? 0)
    assert.deepEqual(await ask(undefined), [])
    assert.equal(Number(await counted()), before + 1)
  })

  it('F13 tells of a slow one without its values', async () => {
    const told = await ask(0)
    assert.equal(told.length, 1)
    assert.equal(told[0]?.['level'], 'warn')
    assert.equal(told[0]?.['statement'], 'select ? as name')
    assert.doesNotMatch(JSON.stringify(told), new RegExp(SECRET))
  })
})

describe('traceparent', () => {
  const ids = `${CALLER_TRACE}-${CALLER_SPAN}`

  it('is understood as W3C Trace Context has it', () => {
    assert.deepEqual(parseTraceparent(`00-${ids}-01`), {
      traceId: CALLER_TRACE,
      spanId: CALLER_SPAN,
      traceFlags: 1,
      isRemote: true,
    })
    assert.equal(parseTraceparent(`00-${ids}-00`)?.traceFlags, 0)
    assert.equal(parseTraceparent(`cc-${ids}-01-what-comes-later`)?.traceId, CALLER_TRACE)
  })

  for (const header of [
    undefined,
    '',
    ['00'],
    `ff-${ids}-01`,
    `00-${ids}-01-more`,
    `00-${ids}`,
    `00-${ids}-1`,
    `00-${ids.toUpperCase()}-01`,
    `00-${'0'.repeat(32)}-${CALLER_SPAN}-01`,
    `00-${CALLER_TRACE}-${'0'.repeat(16)}-01`,
  ]) {
    it(`is not understood when it is ${JSON.stringify(header)}`, () => {
      assert.equal(parseTraceparent(header), null)
    })
  }
})
