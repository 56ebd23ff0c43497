import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import fastify from 'fastify'
import type { HttpServer } from '../http/types.ts'
import { createLog } from './log.ts'
import { registerRequestLog } from './request-log.ts'

type Line = Readonly<Record<string, unknown>>

describe('the log of requests', () => {
  let app: HttpServer
  let lines: Line[]

  beforeEach(() => {
    lines = []
    const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
    const log = createLog({ level: 'debug', destination })
    app = fastify({ genReqId: () => 'request-1' })
    registerRequestLog(app, {
      log,
      userOf: ({ headers }) => (headers.authorization === 'Bearer ani' ? 'user-ani' : null),
      quiet: ['/health/live'],
    })
    app.get('/products/:id', async () => ({}))
    app.get('/health/live', async () => ({}))
    app.get('/broken', async (_request, reply) => await reply.code(503).send({}))
    app.get('/slow', async () => await delay(200, {}))
    app.post('/slow', async () => await delay(200, {}))
    app.get('/stream', (_request, reply) => {
      reply.hijack()
      reply.raw.writeHead(200).write('data')
    })
  })
  afterEach(async () => await app.close())

  it('F13 writes one line with the request, user, method, route, status and duration', async () => {
    await app.inject({ url: '/products/7?token=s3same', headers: { authorization: 'Bearer ani' } })
    assert.equal(lines.length, 1)
    const [line] = lines
    assert.equal(line?.['level'], 'info')
    assert.equal(line['request_id'], 'request-1')
    assert.equal(line['user_id'], 'user-ani')
    assert.equal(line['method'], 'GET')
    assert.equal(line['route'], '/products/:id')
    assert.equal(line['status'], 200)
    assert.ok(Number(line['duration_ms']) > 0)
    assert.ok(Number(line['duration_ms']) < 1_000)
    assert.doesNotMatch(JSON.stringify(line), /s3same|\/products\/7/)
  })

  it('F13 says of a request without a user or a route that there was none', async () => {
    await app.inject('/products.php?id=<script>')
    assert.equal(lines.length, 1)
    assert.equal(lines[0]?.['user_id'], null)
    assert.equal(lines[0]?.['route'], 'unmatched')
    assert.equal(lines[0]?.['status'], 404)
  })

  it('F13 writes the line at the level that its status and its route deserve', async () => {
    await app.inject('/products/7')
    await app.inject('/broken')
    await app.inject('/health/live')
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['info', 'error', 'debug'],
    )
  })

  for (const { name, request, status } of [
    { name: 'before its answer', request: 'GET /slow HTTP/1.1\r\nhost: a\r\n\r\n', status: 499 },
    {
      name: 'before its answer, its body read',
      request:
        'POST /slow HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
      status: 499,
    },
    {
      name: 'in the middle of its body',
      request:
        'POST /slow HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
      status: 499,
    },
    { name: 'in the middle of a stream', request: 'GET /stream HTTP/1.1\r\nhost: a\r\n\r\n', status: 200 },
  ]) {
    it(`F13 writes one line for a request whose caller leaves ${name}`, async () => {
      const { hostname, port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
      const socket = connect(Number(port), hostname)
      await once(socket, 'connect')
      socket.write(request)
      await delay(60)
      socket.destroy()
      await delay(350)
      assert.equal(lines.length, 1)
      assert.equal(lines[0]?.['status'], status)
      assert.equal(lines[0]?.['aborted'], true)
    })
  }
})
