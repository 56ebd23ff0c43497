import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { backends } from '#tests/backends'
import { type Answer, PASSWORD, type Person, startTestApp, type TestApp } from '#tests/test-app'

const [sqlite] = backends
assert.ok(sqlite)

function cookieOf({ headers }: Answer): { pair: string; attributes: string[] } {
  const header = headers['set-cookie']
  const [pair = '', ...attributes] = String(header)
    .split(';')
    .map((part) => part.trim())
  return { pair, attributes: attributes.toSorted() }
}

for (const { mode, environment, name, secure } of [
  { mode: 'in development', environment: {}, name: 'karya_refresh', secure: [] },
  {
    mode: 'in production',
    environment: { NODE_ENV: 'production', JWT_SECRET: 'W8k2vQpZ6rT1yB4nM7cX9dF3gH5jL0sA' },
    name: '__Secure-karya_refresh',
    secure: ['Secure'],
  },
]) {
  describe(`the refresh cookie ${mode}`, () => {
    let karya: TestApp
    let person: Person

    before(async () => {
      karya = await startTestApp(sqlite, { environment })
      person = await karya.enrol()
    })
    after(async () => await karya.stop())

    async function signIn(): Promise<Answer> {
      return await karya.ask('POST', '/api/v1/auth/login', {
        body: { email: person.email, password: PASSWORD },
      })
    }

    async function send(path: string, cookie: string, key?: string): Promise<Answer> {
      const headers = key === undefined ? { cookie } : { cookie, 'idempotency-key': key }
      return await karya.ask('POST', path, { headers })
    }

    it('F10 is out of reach of scripts and of other sites, and the body has no refresh token', async () => {
      const answer = await signIn()
      const { pair, attributes } = cookieOf(answer)
      assert.match(pair, new RegExp(`^${name}=[\\w-]{70}$`))
      assert.deepEqual(attributes, [
        'HttpOnly',
        'Max-Age=604800',
        'Path=/api/v1/auth',
        'SameSite=Strict',
        ...secure,
      ])
      assert.ok(!('refresh_token' in answer.body))
    })

    it('F10 refreshes with the cookie, and puts the successor into the cookie', async () => {
      const first = cookieOf(await signIn())
      const answer = await send('/api/v1/auth/refresh', first.pair)
      assert.equal(answer.status, 200, answer.text)
      assert.ok(!('refresh_token' in answer.body))
      const second = cookieOf(answer)
      assert.notEqual(second.pair, first.pair)
      assert.deepEqual(second.attributes, first.attributes)
      assert.equal((await send('/api/v1/auth/refresh', second.pair)).status, 200)
    })

    it('F10 clears the cookie at sign-out and ends its session', async () => {
      const answer = await signIn()
      const { pair } = cookieOf(answer)
      const out = await send('/api/v1/auth/logout', pair)
      assert.equal(out.status, 204)
      const cleared = cookieOf(out)
      assert.equal(cleared.pair, `${name}=`)
      assert.ok(cleared.attributes.includes('Max-Age=0'))
      assert.equal((await send('/api/v1/auth/refresh', pair)).status, 401)
      assert.equal(
        (await karya.ask('GET', '/api/v1/users/profile', { token: answer.body.token })).status,
        401,
      )
    })

    it('C6 answers another browser behind the same address for itself, though it has used the same key', async () => {
      const mine = cookieOf(await signIn()).pair
      const other = await karya.enrol()
      const theirs = cookieOf(
        await karya.ask('POST', '/api/v1/auth/login', { body: { email: other.email, password: PASSWORD } }),
      ).pair
      const key = crypto.randomUUID()
      const [first, second] = [
        await send('/api/v1/auth/refresh', mine, key),
        await send('/api/v1/auth/refresh', theirs, key),
      ]
      assert.deepEqual([first.status, second.status], [200, 200], second.text)
      assert.deepEqual([first.body.email, second.body.email], [person.email, other.email])
      const again = await send('/api/v1/auth/refresh', mine, key)
      assert.equal(again.headers['idempotent-replayed'], 'true')
      assert.equal(again.text, first.text)

      const [here, there] = [cookieOf(first).pair, cookieOf(second).pair]
      for (const cookie of [here, there])
        assert.equal((await send('/api/v1/auth/logout', cookie, key)).status, 204)
      assert.equal((await send('/api/v1/auth/logout', here, key)).headers['idempotent-replayed'], 'true')
      for (const cookie of [here, there])
        assert.equal((await send('/api/v1/auth/refresh', cookie)).status, 401)
    })

    it('F10 sets no cookie for a client that asks for the token in the body', async () => {
      const { headers, body } = await karya.ask('POST', '/api/v1/auth/login', {
        body: { email: person.email, password: PASSWORD, token_delivery: 'body' },
      })
      assert.equal(headers['set-cookie'], undefined)
      assert.match(body.refresh_token, /^[\w-]{70}$/)
    })
  })
}
