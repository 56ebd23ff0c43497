import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { engines, type Place } from '#tests/backends'
import { type Client, createClient, type Reply } from '#tests/client'
import { JOURNEY, signInAsAdministrator, stockUp } from '#tests/journey'
import { type RedisProcess, redisMissing, startRedisProcess } from '#tests/redis-process'
import { type ServerProcess, startServerProcess } from '#tests/server-process'

/** How long each fault lasts, and how many clients ask meanwhile. */
const FAULT_MS = Number(process.env['FAULT_MS'] ?? 2_000)
const CLIENTS = Number(process.env['CLIENTS'] ?? 4)
/** `sqlite`, `postgres` or `mysql`. */
const ENGINE = process.env['ENGINE'] ?? 'sqlite'
const backend = engines.find(({ engine }) => engine === ENGINE)
/** What a request may take longer because of Redis (the promise), beyond what it takes without the fault. */
const SLOWER_MS = 300
const PASSWORD = 'kopi pagi di beranda'

describe('Redis failing while we serve', { skip: redisMissing ?? backend?.missing ?? false }, () => {
  let place: Place
  let redis: RedisProcess
  let server: ServerProcess
  let client: Client
  /** Another process on the same database and the same Redis. */
  let neighbour: ServerProcess
  let neighbourClient: Client
  let administrator: string
  let product: string

  before(async () => {
    assert.ok(backend)
    place = await backend.create()
    redis = await startRedisProcess()
    const environment = {
      ...place.environment,
      ...JOURNEY,
      REDIS_URL: redis.url,
      RATE_LIMIT: '1000000/1m',
      RATE_LIMIT_AUTH: '1000000/1m',
    }
    server = await startServerProcess(environment)
    neighbour = await startServerProcess(environment)
    client = createClient(server.url)
    neighbourClient = createClient(neighbour.url)
    ;({ token: administrator } = await signInAsAdministrator(client))
    ;[product = ''] = await stockUp(client, administrator, [1_000_000])
    await untilCacheIs('up')
  })
  after(async () => {
    for (const { close } of [client, neighbourClient]) close()
    for (const { kill } of [server, neighbour]) kill('SIGTERM')
    await Promise.all([server.ended, neighbour.ended])
    redis.kill('SIGCONT')
    await redis.remove()
    await place.remove()
  })

  async function untilCacheIs(state: string): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      const { body } = await client.ask('/health/ready')
      if (body.checks.cache.status === state) return
      await delay(50)
    }
    throw new Error(`the cache did not become ${state}`)
  }

  async function register(): Promise<{ id: string; email: string; token: string; refreshToken: string }> {
    const email = `siti-${Math.random().toString(36).slice(2)}@karya.test`
    const { status, text, body } = await client.ask('/api/v1/auth/register', {
      method: 'POST',
      body: { name: 'Siti', email, password: PASSWORD, token_delivery: 'body' },
    })
    assert.equal(status, 201, text)
    return { id: body.user.id, email, token: body.access_token, refreshToken: body.refresh_token }
  }

  async function profile(token: string, { ask } = client): Promise<number> {
    return (await ask('/api/v1/users/profile', { token })).status
  }

  /** Mixed requests of several clients for a while. */
  async function load(forMs: number, token: string): Promise<Reply[]> {
    const replies: Reply[] = []
    const until = performance.now() + forMs
    async function ask(): Promise<void> {
      while (performance.now() < until) {
        replies.push(await client.ask(`/api/v1/products/${product}`))
        replies.push(await client.ask('/api/v1/users/profile', { token }))
        const body = { products: [{ id: product, qty: 1 }] }
        replies.push(await client.ask('/api/v1/transactions', { method: 'POST', token, body }))
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, ask))
    return replies
  }

  const faults = {
    stopped: { begin: () => redis.kill('SIGTERM'), end: async () => await redis.restart() },
    killed: { begin: () => redis.kill('SIGKILL'), end: async () => await redis.restart() },
    hung: { begin: () => redis.kill('SIGSTOP'), end: () => redis.kill('SIGCONT') },
    flushed: { begin: async () => await redis.command('FLUSHALL'), end: () => {} },
  }

  for (const [name, fault] of Object.entries(faults)) {
    it(`F8 with Redis ${name} answers no 5xx, and nobody waits ${SLOWER_MS} ms for it`, async () => {
      const { token } = await register()
      const usual = Math.max(...(await load(FAULT_MS, token)).map(({ tookMs }) => tookMs))
      const [replies] = await Promise.all([
        load(FAULT_MS, token),
        delay(FAULT_MS / 4).then(async () => await fault.begin()),
      ])
      const slowest = Math.max(...replies.map(({ tookMs }) => tookMs))
      await fault.end()
      await untilCacheIs('up')
      assert.ok(replies.length > 50, `only ${replies.length} answers`)
      assert.deepEqual([...new Set(replies.map(({ status }) => status))].toSorted(), [200, 201])
      assert.ok(slowest < usual + SLOWER_MS, `${slowest} ms, without the fault ${usual} ms`)
    })
  }

  it('F8 I4 lets nobody back in whom it shut out while Redis hung', async () => {
    const disabled = await register()
    const leaving = await register()
    const machine = await register()
    const { body: apiToken } = await client.ask('/api/v1/tokens', {
      method: 'POST',
      token: machine.token,
      body: { name: 'till', permissions: ['profile:read'] },
    })
    for (const token of [disabled.token, leaving.token, apiToken.token]) {
      assert.equal(await profile(token), 200)
      assert.equal(await profile(token, neighbourClient), 200)
    }

    redis.kill('SIGSTOP')
    const change = { method: 'PATCH', token: administrator, body: { disabled: true } }
    assert.equal((await client.ask(`/api/v1/users/${disabled.id}`, change)).status, 200)
    assert.equal(
      (await client.ask('/api/v1/auth/logout', { method: 'POST', token: leaving.token })).status,
      204,
    )
    const remove = { method: 'DELETE', token: machine.token }
    assert.equal((await client.ask(`/api/v1/tokens/${apiToken.id}`, remove)).status, 204)
    for (const token of [disabled.token, leaving.token, apiToken.token])
      assert.equal(await profile(token), 401)
    // What another process remembers of a caller is never older than a second.
    await delay(1_000)
    for (const token of [disabled.token, leaving.token, apiToken.token])
      assert.equal(await profile(token, neighbourClient), 401)

    redis.kill('SIGCONT')
    for (let tries = 0; tries < 40; tries += 1) {
      for (const token of [disabled.token, leaving.token, apiToken.token]) {
        assert.equal(await profile(token), 401)
        assert.equal(await profile(token, neighbourClient), 401)
      }
      await delay(25)
    }
    await untilCacheIs('up')
    for (const token of [disabled.token, leaving.token, apiToken.token])
      assert.equal(await profile(token), 401)
    const again = { method: 'POST', body: { refresh_token: leaving.refreshToken } }
    assert.equal((await client.ask('/api/v1/auth/refresh', again)).status, 401)
  })

  it('F8 I2 keeps an account locked when the cache is flushed', async () => {
    const { email } = await register()
    const guess = async (password: string) =>
      (await client.ask('/api/v1/auth/login', { method: 'POST', body: { email, password } })).status
    for (let failure = 0; failure < 10; failure += 1) assert.equal(await guess('a wrong guess'), 401)
    assert.equal(await guess(PASSWORD), 429)
    await redis.command('FLUSHALL')
    assert.equal(await guess(PASSWORD), 429)
  })
})
