import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { refuseCaller } from '../http/callers.ts'
import { createHttpServer } from '../http/server.ts'
import { createLog } from './log.ts'
import { createMetrics, registerMetricsRoute, registerRequestMetrics, startMetricsServer } from './metrics.ts'

const log = createLog({ level: 'silent' })
const TOKEN = 'a-token-for-the-scraper'

const opened: { close: () => Promise<unknown> }[] = []
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close()
})

async function createTestServer({
  token = null,
  production = false,
}: {
  token?: string | null
  production?: boolean
} = {}) {
  const metrics = createMetrics({ log })
  const app = await createHttpServer({
    log,
    version: '0.0.0',
    aliases: [],
    authenticate: () => Promise.reject(refuseCaller('invalid_token')),
    defaultLanguage: 'en',
    corsOrigins: [],
    trustProxy: true,
    isDraining: () => false,
    observe: (server) => registerRequestMetrics(server, metrics),
    limit: () => {},
  })
  opened.push(app)
  registerMetricsRoute(app, { metrics, token, production, refuse: refuseCaller })
  app.get('/products/:id', { config: { public: true } }, async () => ({}))
  app.get('/broken', { config: { public: true } }, async () => {
    throw new Error('broken')
  })
  return { app, metrics }
}

async function lineOf(
  metrics: { text: () => Promise<{ body: string }> },
  start: string,
): Promise<string | undefined> {
  const { body } = await metrics.text()
  return body.split('\n').find((line) => line.startsWith(start))
}

describe('metrics', () => {
  it('F14 counts requests, times them and counts errors, by the pattern of the route', async () => {
    const { app, metrics } = await createTestServer()
    await app.inject('/products/1')
    await app.inject('/products/2?q=3')
    await app.inject('/broken')
    assert.equal(
      await lineOf(metrics, 'http_requests_total{method="GET",route="/products/:id"'),
      'http_requests_total{method="GET",route="/products/:id",status="200"} 2',
    )
    assert.equal(
      await lineOf(metrics, 'http_request_duration_seconds_count{method="GET",route="/products/:id"'),
      'http_request_duration_seconds_count{method="GET",route="/products/:id"} 2',
    )
    assert.equal(
      await lineOf(metrics, 'http_request_errors_total{'),
      'http_request_errors_total{method="GET",route="/broken"} 1',
    )
  })

  it('F14 keeps what callers make up out of the labels', async () => {
    const { app, metrics } = await createTestServer()
    for (let number = 0; number < 20; number++) await app.inject(`/made-up-${number}`)
    const { body } = await metrics.text()
    assert.doesNotMatch(body, /made-up/)
    assert.match(body, /http_requests_total\{method="GET",route="unmatched",status="404"\} 20/)
  })

  it('F14 measures the pool, the cache, the events, the statements and the process', async () => {
    const metrics = createMetrics({ log })
    metrics.watchPool(() => ({ total: 7, idle: 3, waiting: 2, max: 25 }))
    metrics.countCache('product_detail', 'hit')
    metrics.countCache('product_detail', 'miss')
    metrics.countEvent('mail', 'handled')
    metrics.observeQuery({ operation: 'select', durationMs: 3 })
    const { body, contentType } = await metrics.text()
    assert.match(contentType, /^text\/plain; version=0\.0\.4/)
    for (const line of [
      'db_pool_connections{state="used"} 4',
      'db_pool_connections{state="idle"} 3',
      'db_pool_connections{state="waiting"} 2',
      'db_pool_connections{state="max"} 25',
      'cache_requests_total{operation="product_detail",outcome="hit"} 1',
      'cache_requests_total{operation="product_detail",outcome="miss"} 1',
      'events_handled_total{consumer="mail",outcome="handled"} 1',
      'db_query_duration_seconds_bucket{le="0.0025",operation="select"} 0',
      'db_query_duration_seconds_bucket{le="0.005",operation="select"} 1',
    ]) {
      assert.ok(body.split('\n').includes(line), line)
    }
    assert.match(body, /^process_resident_memory_bytes \d+/m)
    assert.match(body, /^nodejs_eventloop_lag_p99_seconds /m)
  })

  it('F14 measures the outbox at each scrape', async () => {
    const metrics = createMetrics({ log })
    let backlog = 3
    metrics.watchOutbox(async () => ({ backlog, oldestAgeSeconds: 1.5 }))
    assert.equal(await lineOf(metrics, 'outbox_backlog_events '), 'outbox_backlog_events 3')
    assert.equal(await lineOf(metrics, 'outbox_oldest_age_seconds '), 'outbox_oldest_age_seconds 1.5')
    backlog = 0
    assert.equal(await lineOf(metrics, 'outbox_backlog_events '), 'outbox_backlog_events 0')
  })

  it('F14 counts at each scrape what waits for another try and what was parked', async () => {
    const metrics = createMetrics({ log })
    metrics.watchInbox(async () => ({ waiting: 2, parked: 1 }))
    assert.equal(await lineOf(metrics, 'events_held{state="waiting"}'), 'events_held{state="waiting"} 2')
    assert.equal(await lineOf(metrics, 'events_held{state="parked"}'), 'events_held{state="parked"} 1')
  })

  for (const { name, read } of [
    { name: 'fails', read: () => Promise.reject(new Error('no database')) },
    { name: 'hangs', read: () => new Promise<never>(() => {}) },
  ]) {
    it(`F14 leaves the outbox, but nothing else, out of a scrape in which reading it ${name}`, async () => {
      const lines: string[] = []
      const telling = createLog({ level: 'warn', destination: { write: (line) => void lines.push(line) } })
      const metrics = createMetrics({ log: telling })
      let isKnown = true
      metrics.watchOutbox(async () => (isKnown ? { backlog: 9, oldestAgeSeconds: 1 } : await read()))
      assert.equal(await lineOf(metrics, 'outbox_backlog_events '), 'outbox_backlog_events 9')
      isKnown = false
      const startedAt = performance.now()
      const { body } = await metrics.text()
      assert.ok(performance.now() - startedAt < 1_500)
      assert.doesNotMatch(body, /^outbox_backlog_events /m)
      assert.match(body, /^process_cpu_seconds_total /m)
      assert.equal(lines.length, 1)
    })
  }

  it('two of them in one process count apart', async () => {
    const [one, other] = [createMetrics({ log }), createMetrics({ log })]
    one.countEvent('mail', 'handled')
    assert.equal(await lineOf(other, 'events_handled_total{'), undefined)
  })
})

describe('GET /metrics', () => {
  it('F14 with METRICS_TOKEN answers its holders only, wherever they are', async () => {
    const { app } = await createTestServer({ token: TOKEN, production: true })
    const held = await app.inject({
      url: '/metrics',
      remoteAddress: '203.0.113.7',
      headers: { authorization: `Bearer ${TOKEN}`, 'x-forwarded-for': '198.51.100.1' },
    })
    assert.equal(held.statusCode, 200)
    assert.match(String(held.headers['content-type']), /^text\/plain; version=0\.0\.4/)
    assert.match(held.body, /^process_cpu_seconds_total /m)

    const without = await app.inject('/metrics')
    assert.equal(without.statusCode, 401)
    assert.equal(without.json().code, 'missing_authorization')
    for (const authorization of [`Bearer ${TOKEN}x`, 'Bearer x', TOKEN, `Basic ${TOKEN}`, 'Bearer ']) {
      const refused = await app.inject({ url: '/metrics', headers: { authorization } })
      assert.equal(refused.statusCode, 401)
      assert.equal(refused.json().code, 'invalid_token')
    }
  })

  it('F14 with neither token nor port answers direct callers on this machine', async () => {
    const { app } = await createTestServer()
    const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/metrics`
    assert.equal((await fetch(url)).status, 200)
    assert.equal((await fetch(url, { headers: { forwarded: 'for=198.51.100.1' } })).status, 404)
    for (const remoteAddress of ['127.0.0.1', '127.9.8.7', '::1', '::ffff:127.0.0.1']) {
      assert.equal((await app.inject({ url: '/metrics', remoteAddress })).statusCode, 200, remoteAddress)
    }
  })

  it('F14 with neither token nor port is not there for anybody else, though a proxy is trusted', async () => {
    const { app } = await createTestServer()
    for (const remoteAddress of ['203.0.113.7', '10.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', '128.0.0.1']) {
      const answer = await app.inject({ url: '/metrics', remoteAddress })
      assert.equal(answer.statusCode, 404, remoteAddress)
      assert.equal(answer.json().code, 'route_not_found')
    }
    for (const name of [
      'forwarded',
      'x-forwarded-for',
      'x-forwarded-host',
      'X-Forwarded-Proto',
      'x-real-ip',
      'via',
    ]) {
      const answer = await app.inject({ url: '/metrics', headers: { [name]: '127.0.0.1' } })
      assert.equal(answer.statusCode, 404, name)
    }
  })

  it('F14 with neither token nor port is not there in production', async () => {
    const { app } = await createTestServer({ production: true })
    assert.equal((await app.inject('/metrics')).statusCode, 404)
  })

  it('F14 is not in the OpenAPI document', async () => {
    const { app } = await createTestServer({ token: TOKEN })
    const { paths } = (await app.inject('/api/v1/openapi.json')).json()
    assert.deepEqual(
      Object.keys(paths).filter((path) => path.includes('metrics')),
      [],
    )
  })

  it('F14 with METRICS_PORT is served on a port of its own', async () => {
    const metrics = createMetrics({ log })
    const server = await startMetricsServer({ metrics, host: '127.0.0.1', port: 0 })
    opened.push(server)
    const origin = `http://127.0.0.1:${server.port}`
    const answer = await fetch(`${origin}/metrics`)
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    assert.match(await answer.text(), /^process_cpu_seconds_total /m)
    assert.equal((await fetch(`${origin}/`)).status, 404)
    assert.equal((await fetch(`${origin}/metrics`, { method: 'POST' })).status, 404)
  })

  it('F14 says so when the port is taken', async () => {
    const metrics = createMetrics({ log })
    const server = await startMetricsServer({ metrics, host: '127.0.0.1', port: 0 })
    opened.push(server)
    await assert.rejects(startMetricsServer({ metrics, host: '127.0.0.1', port: server.port }), {
      code: 'EADDRINUSE',
    })
  })
})
