import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { backends } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { startTestApp, type TestApp } from '#tests/test-app'

type Span = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
}

/** What an OpenTelemetry collector would receive. */
async function startCollector() {
  const spans: Span[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => void (text += chunk.toString()))
    request.on('end', () => {
      const { resourceSpans = [] } = JSON.parse(text)
      for (const { scopeSpans } of resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans)
      response.end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { spans, endpoint: `http://127.0.0.1:${port}`, close: () => server.close() }
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const BUYERS_TRACE = '5bf92f3577b34da6a3ce929d0e0e4736'

const { TEST_NATS_URL } = process.env
const stream = `TRACES${Date.now()}`
const carriers = [
  { name: 'in the process', environment: {} },
  ...(TEST_NATS_URL === undefined
    ? []
    : [{ name: 'over NATS', environment: { NATS_URL: TEST_NATS_URL, NATS_STREAM: stream } }]),
]

for (const carrier of carriers)
  describe(`tracing through the whole server, ${carrier.name}`, () => {
    const [backend] = backends
    let collector: Awaited<ReturnType<typeof startCollector>>
    let shop: TestApp

    before(async () => {
      assert.ok(backend)
      collector = await startCollector()
      shop = await startTestApp(backend, {
        environment: { ...carrier.environment, OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint },
      })
    })
    after(() => collector.close())

    it('F15 shows a request, its use case, its statements and the event that it leaves as one trace, to the consumer', async () => {
      const { status } = await shop.ask('POST', '/api/v1/categories', {
        token: shop.administrator.token,
        body: { name: 'Kopi' },
        headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` },
      })
      assert.equal(status, 201)
      const event = await shop.db
        .selectFrom('outbox')
        .select('traceparent')
        .where('type', '=', 'category.created')
        .executeTakeFirstOrThrow()
      assert.match(event.traceparent ?? '', new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`))

      const registered = await shop.ask('POST', '/api/v1/auth/register', {
        body: { name: 'Sari', email: 'sari@karya.test', password: 'correct horse battery' },
        headers: { traceparent: `00-${BUYERS_TRACE}-00f067aa0ba902b7-01` },
      })
      await eventually(
        async () =>
          await shop.db
            .selectFrom('inbox')
            .select('event_id')
            .where('subject', '=', `user/${registered.body.user.id}`)
            .execute(),
        (rows) => rows.length > 0,
      )

      await shop.stop()
      await delay(100)
      const spans = collector.spans.filter(({ traceId }) => traceId === TRACE)
      const request = spans.find(({ name }) => name === 'POST /api/v1/categories')
      const useCase = spans.find(({ name }) => name === 'shop.createCategory')
      assert.equal(useCase?.parentSpanId, request?.spanId)
      const statements = spans.filter(({ parentSpanId }) => parentSpanId === useCase?.spanId)
      assert.ok(
        statements.some(({ name }) => /outbox|insert/i.test(name)),
        JSON.stringify(statements.map(({ name }) => name)),
      )
      const buyers = collector.spans.filter(({ traceId }) => traceId === BUYERS_TRACE)
      const registering = buyers.find(({ name }) => name === 'identity.register')
      const consuming = buyers.find(({ name }) => name === 'people user.registered')
      assert.ok(
        registering !== undefined && consuming !== undefined,
        JSON.stringify(buyers.map(({ name }) => name)),
      )
      assert.equal(consuming.parentSpanId, registering.spanId)
      assert.ok(
        buyers.some(({ name, parentSpanId }) => /people/.test(name) && parentSpanId === consuming.spanId),
      )
    })
  })
