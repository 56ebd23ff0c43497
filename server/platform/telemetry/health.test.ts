import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createHttpServer } from '../http/server.ts'
import { type Check, registerHealth } from './health.ts'
import { createLog } from './log.ts'

const up: Check = async () => 'up'
const off: Check = async () => 'off'
const down: Check = async () => 'down'
const broken: Check = async () => {
  throw new Error('connect ECONNREFUSED')
}
const hanging: Check = () => new Promise(() => {})

type Parts = {
  readonly database?: Check
  readonly cache?: Check
  readonly broker?: Check
  readonly isDraining?: boolean
}

async function createTestServer({ database = up, cache = off, broker = off, isDraining = false }: Parts) {
  const app = await createHttpServer({
    log: createLog({ level: 'silent' }),
    version: '0.0.0',
    aliases: [],
    authenticate: () => Promise.reject(new Error('nobody signs in here')),
    defaultLanguage: 'en',
    corsOrigins: [],
    trustProxy: false,
    isDraining: () => isDraining,
    observe: () => {},
    limit: () => {},
  })
  registerHealth(app, { checks: { database, cache, broker }, isDraining: () => isDraining })
  return app
}

describe('health', () => {
  it('F16 answers /health/live as long as the process lives, drained or not', async () => {
    const app = await createTestServer({ database: broken, isDraining: true })
    const { statusCode, body } = await app.inject('/health/live')
    assert.equal(statusCode, 200)
    assert.equal(body, '{"status":"ok"}')
  })

  it('F16 answers /health/ready with the state of the database, the cache and the broker', async () => {
    const app = await createTestServer({ cache: up })
    const answer = await app.inject('/health/ready')
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.headers['cache-control'], 'no-store')
    const { status, checks } = answer.json()
    assert.equal(status, 'ready')
    assert.equal(checks.database.status, 'up')
    assert.equal(typeof checks.database.duration_ms, 'number')
    assert.equal(checks.cache.status, 'up')
    assert.deepEqual(checks.broker, { status: 'off' })
  })

  for (const { name, check } of [
    { name: 'is down', check: down },
    { name: 'breaks', check: broken },
  ]) {
    it(`F16 stays ready, though degraded, when a cache or a broker ${name}`, async () => {
      const app = await createTestServer({ cache: check, broker: check })
      const answer = await app.inject('/health/ready')
      assert.equal(answer.statusCode, 200)
      assert.equal(answer.json().status, 'degraded')
      assert.equal(answer.json().checks.broker.status, 'down')
      assert.equal(answer.json().checks.database.status, 'up')
    })

    it(`F16 C4 is not ready when the database ${name}, and says when to ask again`, async () => {
      const app = await createTestServer({ database: check })
      const answer = await app.inject('/health/ready')
      assert.equal(answer.statusCode, 503)
      assert.equal(answer.headers['retry-after'], '5')
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
      assert.equal(answer.json().code, 'database_down')
      assert.equal(answer.json().checks.database.status, 'down')
      assert.deepEqual(answer.json().checks.cache, { status: 'off' })
      assert.doesNotMatch(answer.body, /ECONNREFUSED/)
    })
  }

  it('F3 F16 is not ready while it drains', async () => {
    const app = await createTestServer({ isDraining: true })
    const answer = await app.inject('/health/ready')
    assert.equal(answer.statusCode, 503)
    assert.equal(answer.headers['retry-after'], '5')
    assert.equal(answer.json().code, 'draining')
    assert.equal(answer.json().checks.database.status, 'up')
  })

  it('F16 gives a check one second and does not start a hanging one again', async () => {
    let started = 0
    const app = await createTestServer({
      database: () => {
        started++
        return hanging()
      },
    })
    const startedAt = performance.now()
    const answers = await Promise.all([app.inject('/health/ready'), app.inject('/health/ready')])
    assert.ok(performance.now() - startedAt < 1_500)
    for (const answer of answers) assert.equal(answer.json().checks.database.status, 'down')
    await app.inject('/health/ready')
    assert.equal(started, 1)
  })

  it('F16 is ready again when the database is back', async () => {
    let state: Check = broken
    const app = await createTestServer({ database: () => state() })
    assert.equal((await app.inject('/health/ready')).statusCode, 503)
    state = up
    assert.equal((await app.inject('/health/ready')).statusCode, 200)
  })

  it('C8 F16 is described in the OpenAPI document as open to everybody', async () => {
    const app = await createTestServer({})
    const { paths } = (await app.inject('/api/v1/openapi.json')).json()
    assert.deepEqual(paths['/health/ready'].get.security, [])
    assert.ok(paths['/health/ready'].get.responses['200'])
    assert.ok(paths['/health/live'].get.responses['200'])
  })
})
