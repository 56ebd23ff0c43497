import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { backends, onEach } from '#tests/backends'
import { PASSWORD, startTestApp, type TestApp } from '#tests/test-app'

async function withApp(
  backend: (typeof backends)[number],
  environment: Record<string, string>,
  use: (app: TestApp) => Promise<void>,
): Promise<void> {
  const app = await startTestApp(backend, { environment })
  try {
    await use(app)
  } finally {
    await app.stop()
  }
}

/** An address of its own for every run, as Redis keeps what others counted. */
let used = Math.floor(Math.random() * 60_000)
const address = () => {
  used += 1
  return `10.${(used >> 16) & 255}.${(used >> 8) & 255}.${used & 255}`
}

onEach(
  backends.filter(({ name }) => ['SQLite', 'SQLite and Redis'].includes(name)),
  'rate limits',
  (backend) => {
    it('F17 one caller has so many requests, another has its own, and the window ends', async () => {
      await withApp(backend, { RATE_LIMIT: '3/1m' }, async (app) => {
        const [mine, theirs] = [address(), address()]
        const statuses: number[] = []
        for (let index = 0; index < 5; index += 1) {
          const answer = await app.ask('GET', '/api/v1/categories', { from: mine })
          statuses.push(answer.status)
          assert.equal(Number(answer.headers['ratelimit-limit']), 3)
          assert.equal(Number(answer.headers['ratelimit-remaining']), Math.max(0, 2 - index))
          const reset = Number(answer.headers['ratelimit-reset'])
          assert.ok(reset >= 1 && reset <= 60)
          if (answer.status === 429) {
            assert.equal(answer.body.code, 'too_many_requests')
            assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
            assert.equal(Number(answer.headers['retry-after']), reset)
          }
        }
        assert.deepEqual(statuses, [200, 200, 200, 429, 429])
        assert.equal((await app.ask('GET', '/api/v1/categories', { from: theirs })).status, 200)
        const known = await app.ask('GET', '/api/v1/users/profile', {
          from: mine,
          token: app.administrator.token,
        })
        assert.equal(known.status, 200, 'a user is counted by themselves, not by their address')
        assert.equal((await app.ask('GET', '/api/v1/no/such', { from: mine })).status, 429)
        const inIndonesian = await app.ask('GET', '/api/v1/categories', {
          from: mine,
          headers: { 'accept-language': 'id' },
        })
        assert.match(inIndonesian.body.error, /^Terlalu banyak permintaan/)
      })
    })

    it('F17 a user is one caller from wherever they ask', async () => {
      await withApp(backend, { RATE_LIMIT: '3/1m' }, async (app) => {
        const statuses: number[] = []
        for (let index = 0; index < 4; index += 1) {
          const options = { from: address(), token: app.administrator.token }
          statuses.push((await app.ask('GET', '/api/v1/users/profile', options)).status)
        }
        assert.deepEqual(statuses, [200, 200, 200, 429])
      })
    })

    it('F17 guessing is counted by address, whichever accounts it is about', async () => {
      await withApp(backend, { RATE_LIMIT_AUTH: '4/1m' }, async (app) => {
        const from = address()
        const statuses: number[] = []
        for (let index = 0; index < 6; index += 1) {
          const answer = await app.ask('POST', index % 2 === 0 ? '/login' : '/api/v1/auth/refresh', {
            body:
              index % 2 === 0
                ? { email: `n${used}-${index}@karya.test`, password: 'x' }
                : { refresh_token: `t${used}${index}` },
            from,
          })
          statuses.push(answer.status)
        }
        assert.deepEqual(statuses, [401, 401, 401, 401, 429, 429])
      })
    })

    it('F17 guessing is counted by account, from however many addresses and in whatever letters', async () => {
      await withApp(backend, { RATE_LIMIT_AUTH: '4/1m' }, async (app) => {
        const name = `victim${used}-${Date.now()}@karya.test`
        const statuses: number[] = []
        for (let index = 0; index < 6; index += 1) {
          const email = index % 2 === 0 ? name : name.toUpperCase()
          const answer = await app.ask('POST', '/api/v1/auth/login', {
            body: { email, password: 'wrong' },
            from: address(),
          })
          statuses.push(answer.status)
        }
        assert.deepEqual(statuses, [401, 401, 401, 401, 429, 429])
        const other = await app.ask('POST', '/api/v1/auth/login', {
          body: { email: `other-${name}`, password: 'wrong' },
          from: address(),
        })
        assert.equal(other.status, 401)
      })
    })
  },
)

const [sqlite] = backends
assert.ok(sqlite)

describe('rate limits', () => {
  it('F17 the addresses of one IPv6 /64 are one caller, and those of the next another', async () => {
    await withApp(sqlite, { RATE_LIMIT: '2/1m' }, async (app) => {
      const ask = async (from: string) => (await app.ask('GET', '/api/v1/categories', { from })).status
      assert.equal(await ask('2001:db8:1:2::1'), 200)
      assert.equal(await ask('2001:db8:1:2:ffff:ffff:ffff:ffff'), 200)
      assert.equal(await ask('2001:db8:1:2:a::b'), 429)
      assert.equal(await ask('2001:db8:1:3::1'), 200)
      assert.equal(await ask('2001:db8::1:2:0:0:1'), 200)
      assert.equal(await ask('::1'), 200)
      assert.equal(await ask('::ffff:192.0.2.1'), 200)
      assert.equal(await ask('::ffff:192.0.2.2'), 200)
      assert.equal(await ask('::ffff:192.0.2.3'), 200)
    })
  })

  it('F17 off switches them off, headers and all', async () => {
    await withApp(sqlite, { RATE_LIMIT: 'off', RATE_LIMIT_AUTH: 'off' }, async (app) => {
      for (let index = 0; index < 50; index += 1) {
        const answer = await app.ask('GET', '/api/v1/categories')
        assert.equal(answer.status, 200)
        assert.equal(answer.headers['ratelimit-limit'], undefined)
      }
      const answers = []
      for (let index = 0; index < 3; index += 1) {
        answers.push(
          await app.ask('POST', '/login', { body: { email: app.administrator.email, password: PASSWORD } }),
        )
      }
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200],
      )
    })
  })

  it('F17 health and metrics are not counted', async () => {
    await withApp(sqlite, { RATE_LIMIT: '2/1m' }, async (app) => {
      for (let index = 0; index < 10; index += 1) {
        for (const path of ['/health/live', '/health/ready', '/metrics']) {
          const answer = await app.ask('GET', path)
          assert.equal(answer.status, 200, path)
          assert.equal(answer.headers['ratelimit-limit'], undefined)
        }
      }
      assert.equal((await app.ask('GET', '/api/v1/categories')).status, 200)
    })
  })
})
