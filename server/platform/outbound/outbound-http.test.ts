import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { createServer } from 'node:tls'
import { createLog } from '#platform/telemetry/log'
import { eventually } from '#tests/event-place'
import { type HttpSink, startHttpSink } from '#tests/http-sink'
import { OutboundFailure, type OutboundFailureCode } from './failure.ts'
import type { Resolve } from './guarded-connect.ts'
import { createOutboundHttp, type OutboundRequest } from './outbound-http.ts'

const lines: string[] = []
const log = createLog({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } })

/** Answers the next list each time that it is asked, and the last one for ever. */
function answering(...lists: readonly string[][]): Resolve & { readonly asked: () => number } {
  let asked = 0
  const resolve: Resolve = async () => {
    const list = lists[Math.min(asked, lists.length - 1)] ?? []
    asked += 1
    return list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return Object.assign(resolve, { asked: () => asked })
}

function failsWith(code: OutboundFailureCode, facts: Partial<OutboundFailure> = {}) {
  return (error: unknown) => {
    assert.ok(error instanceof OutboundFailure, String(error))
    assert.equal(error.code, code)
    for (const [name, value] of Object.entries(facts)) assert.equal(Reflect.get(error, name), value)
    return true
  }
}

describe('the guarded client', () => {
  let sink: HttpSink
  before(async () => {
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']) {
      process.env[name] = 'http://127.0.0.1:9/'
    }
  })
  after(() => {
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']) delete process.env[name]
  })
  beforeEach(async () => {
    sink = await startHttpSink()
  })
  afterEach(async () => await sink.stop())

  const open = createOutboundHttp({ allowPrivate: true, log })
  const guarded = createOutboundHttp({ allowPrivate: false, log })
  const request = (change: Partial<OutboundRequest> = {}): OutboundRequest => ({
    method: 'POST',
    url: `${sink.url}/hook?a=b`,
    headers: { 'content-type': 'application/json', 'x-own': 'yes' },
    body: '{"a":1}',
    timeoutMs: 5_000,
    maxAnswerBytes: 1_000,
    ...change,
  })
  const allClosed = async () =>
    await eventually(
      async () => sink.connections().open,
      (count) => count === 0,
      3_000,
    )

  it('sends what it is given, past any proxy, and answers what comes back', async () => {
    sink.answer({ status: 418, body: 'tea', headers: { 'x-answer': 'yes' } })
    const { status, headers, body, isWhole } = await open.request(request())
    assert.deepEqual([status, headers['x-answer'], body.toString(), isWhole], [418, 'yes', 'tea', true])
    const [received] = sink.received
    assert.deepEqual(
      [received?.method, received?.path, received?.headers['x-own'], received?.body.toString()],
      ['POST', '/hook?a=b', 'yes', '{"a":1}'],
    )
    assert.equal(received?.headers.host, `127.0.0.1:${sink.port}`)
    await allClosed()
  })

  it('takes a redirect as the answer', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      sink.answer({ status, headers: { location: `${sink.url}/elsewhere` } })
      assert.equal((await open.request(request())).status, status)
    }
    assert.equal(sink.received.length, 5)
    assert.ok(sink.received.every(({ path }) => path === '/hook?a=b'))
  })

  it('refuses a loopback address in every spelling, before anything is sent', async () => {
    const hosts = [
      '127.0.0.1',
      '2130706433',
      '0x7f000001',
      '017700000001',
      '127.1',
      '0177.0.0.1',
      '[::ffff:127.0.0.1]',
    ]
    for (const host of [...hosts, 'localhost', 'LOCALHOST', '0', '[::1]', '[::]', '169.254.169.254']) {
      const asked = guarded.request(request({ url: `http://${host}:${sink.port}/` }))
      await assert.rejects(asked, failsWith('refused_address', { mayHaveArrived: false }), host)
    }
    assert.deepEqual([sink.received.length, sink.connections().ever], [0, 0])
    for (const host of hosts) {
      assert.equal((await open.request(request({ url: `http://${host}:${sink.port}/` }))).status, 204, host)
    }
  })

  it('refuses a name when one of its addresses is refused', async () => {
    for (const list of [
      ['127.0.0.1'],
      ['1.1.1.1', '127.0.0.1'],
      ['127.0.0.1', '1.1.1.1'],
      ['2606:4700::1111', '::1'],
    ]) {
      const client = createOutboundHttp({ allowPrivate: false, log, resolve: answering(list) })
      const asked = client.request(request({ url: `http://hook.test:${sink.port}/` }))
      await assert.rejects(asked, failsWith('refused_address'), list.join())
    }
    assert.equal(sink.connections().ever, 0)
  })

  it('resolves a name once, so that another answer the second time gains nothing', async () => {
    // Nobody listens at the first address; the second one is refused, and so is the name once it leads there.
    const resolve = answering(['127.0.0.2'], ['169.254.169.254'], ['127.0.0.1'])
    const client = createOutboundHttp({ allowPrivate: true, log, resolve })
    const ask = async () => await client.request(request({ url: `http://hook.test:${sink.port}/` }))
    await assert.rejects(ask(), failsWith('unreachable', { mayHaveArrived: false }))
    assert.equal(resolve.asked(), 1)
    await assert.rejects(ask(), failsWith('refused_address', { mayHaveArrived: false }))
    assert.deepEqual([resolve.asked(), sink.connections().ever], [2, 0])
    assert.equal((await ask()).status, 204)
  })

  it('connects to the very address that it has looked at, and names the host', async () => {
    const resolve = answering(['127.0.0.1'], ['127.9.9.9'])
    const client = createOutboundHttp({ allowPrivate: true, log, resolve })
    const { status } = await client.request(request({ url: `http://hook.test:${sink.port}/` }))
    assert.deepEqual([status, resolve.asked()], [204, 1])
    assert.equal(sink.received[0]?.headers.host, `hook.test:${sink.port}`)
  })

  it('asks TLS for the name, not for the address that it has looked at', async () => {
    const { promise: asked, resolve: note } = Promise.withResolvers<string>()
    // Without a certificate the handshake fails, after the name was told.
    const server = createServer({
      SNICallback(name, callback) {
        note(name)
        callback(new Error('no certificate'))
      },
    })
    server.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const client = createOutboundHttp({ allowPrivate: true, log, resolve: answering(['127.0.0.1']) })
    const sent = client.request(request({ url: `https://hook.test:${port}/` }))
    await assert.rejects(sent, failsWith('unreachable', { mayHaveArrived: false }))
    assert.equal(await asked, 'hook.test')
    server.close()
  })

  it('takes nothing but http and https without a user', async () => {
    for (const url of [
      'file:///etc/passwd',
      'ftp://127.0.0.1/',
      `http://a:b@127.0.0.1:${sink.port}/`,
      'nonsense',
    ]) {
      await assert.rejects(open.request(request({ url })), failsWith('invalid_url'), url)
    }
    assert.equal(sink.connections().ever, 0)
  })

  it('gives up on a server that never answers, and closes the connection', async () => {
    sink.answer('hang')
    await assert.rejects(
      open.request(request({ timeoutMs: 200 })),
      failsWith('timeout', { mayHaveArrived: true }),
    )
    await allClosed()
  })

  it('is not held by a server that goes on answering byte by byte', async () => {
    sink.answer('drip')
    const { status, isWhole, body } = await open.request(request({ timeoutMs: 300 }))
    assert.deepEqual([status, isWhole], [200, false])
    assert.ok(body.length < 100)
    await allClosed()
  })

  it('is not held by a resolver that never answers', async () => {
    const client = createOutboundHttp({
      allowPrivate: true,
      log,
      resolve: async () => await new Promise(() => {}),
    })
    const asked = client.request(request({ url: 'http://hook.test/', timeoutMs: 200 }))
    await assert.rejects(asked, failsWith('timeout', { mayHaveArrived: false }))
  })

  it('reads no more of an answer than it was told to', async () => {
    sink.answer({ huge: 50_000_000 })
    const { status, body, isWhole } = await open.request(request())
    assert.deepEqual([status, body.toString(), isWhole], [200, 'x'.repeat(1_000), false])
    sink.answer({ huge: 1_000 })
    const whole = await open.request(request())
    assert.deepEqual([whole.body.length, whole.isWhole], [1_000, true])
    await allClosed()
  })

  it('tells a connection that broke from one that never was', async () => {
    sink.answer('drop')
    await assert.rejects(open.request(request()), failsWith('unreachable', { mayHaveArrived: true }))
    const { port } = sink
    await sink.stop()
    const asked = open.request(request({ url: `http://127.0.0.1:${port}/` }))
    await assert.rejects(asked, failsWith('unreachable', { mayHaveArrived: false }))
    sink = await startHttpSink()
  })

  it('says nothing of paths and headers in failures and in the log', async () => {
    const url = `http://127.0.0.1:${sink.port}/a-path-that-is-secret?key=hush`
    const failure: unknown = await guarded
      .request(request({ url, headers: { 'x-own': 'hush' } }))
      .catch((error: unknown) => error)
    assert.ok(failure instanceof OutboundFailure)
    assert.doesNotMatch(`${failure.message}${lines.join('')}`, /hush|a-path/)
  })

  it('refuses headers that would break out of their line', async () => {
    await assert.rejects(open.request(request({ headers: { 'x-own': 'a\r\nx-other: b' } })))
    assert.equal(sink.received.length, 0)
  })
})
