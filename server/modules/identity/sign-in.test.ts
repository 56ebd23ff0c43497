import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { type Answer, PASSWORD, type Person, startTestApp, type TestApp } from '#tests/test-app'

const URL = '/api/v1/auth/login'
const WRONG = 'wrong horse battery'

onEach(engines, 'signing in', (backend) => {
  let karya: TestApp
  let person: Person
  const username = `Siti.${randomBytes(4).toString('hex')}`

  before(async () => {
    karya = await startTestApp(backend)
    person = await karya.enrol()
    const { status } = await karya.ask('PUT', '/api/v1/users/profile', {
      token: person.token,
      body: { username, lastname: 'Aminah' },
    })
    assert.equal(status, 200)
  })
  after(async () => await karya.stop())

  let next = 0
  /** From an address of its own, so that failures of one test lock nobody in another. */
  async function signIn(body: object, url = URL): Promise<Answer> {
    next += 1
    return await karya.ask('POST', url, { body, from: `10.0.${next >> 8}.${next & 255}` })
  }

  for (const path of [URL, '/api/v1/users/login', '/api/auth/login', '/login']) {
    it(`I2 signs in by e-mail and by username, in any case, at ${path}`, async () => {
      for (const account of [
        { email: person.email },
        { email: person.email.toUpperCase() },
        { username },
        { username: username.toUpperCase() },
      ]) {
        const { status, body, headers } = await signIn({ ...account, password: PASSWORD }, path)
        assert.equal(status, 200)
        const { token } = body
        assert.deepEqual(body, {
          token,
          access_token: token,
          token_type: 'Bearer',
          expires_in: 900,
          name: 'A customer',
          lastname: 'Aminah',
          email: person.email,
          user: {
            id: person.id,
            name: 'A customer',
            lastname: 'Aminah',
            email: person.email,
            username,
            role: 'customer',
          },
        })
        assert.equal(headers['cache-control'], 'no-store')
      }
    })
  }

  it('I2 refuses an unknown user like a wrong password', async () => {
    const wrong = await signIn({ email: person.email, password: WRONG })
    const unknown = await signIn({ email: 'nobody@karya.test', password: WRONG })
    const unknownName = await signIn({ username: 'nobody', password: WRONG })
    assert.equal(wrong.status, 401)
    assert.equal(wrong.body.code, 'wrong_credentials')
    for (const other of [unknown, unknownName]) assert.deepEqual(comparable(other), comparable(wrong))
  })

  it('I2 refuses a disabled user like a wrong password', async () => {
    const gone = await karya.enrol()
    const { status } = await karya.ask('PATCH', `/api/v1/users/${gone.id}`, {
      token: karya.administrator.token,
      body: { disabled: true },
    })
    assert.equal(status, 200)
    const right = await signIn({ email: gone.email, password: PASSWORD })
    const wrong = await signIn({ email: person.email, password: WRONG })
    assert.deepEqual(comparable(right), comparable(wrong))
  })

  it('I2 works as long for an unknown user as for a wrong password', async () => {
    const times: Record<string, number[]> = { known: [], unknown: [] }
    await signIn({ email: 'warm-up@karya.test', password: WRONG })
    for (let round = 0; round < 20; round += 1) {
      for (const [kind, email] of [
        ['known', person.email],
        ['unknown', `nobody-${round}@karya.test`],
      ] as const) {
        const start = performance.now()
        await signIn({ email, password: WRONG })
        times[kind]?.push(performance.now() - start)
      }
    }
    const [known, unknown] = [median(times['known']), median(times['unknown'])]
    const ratio = Math.max(known, unknown) / Math.min(known, unknown)
    assert.ok(ratio < 3, `known ${known} ms, unknown ${unknown} ms`)
  })

  it('I2 says what is missing', async () => {
    for (const [body, pointer] of [
      [{ password: PASSWORD }, '/email'],
      [{ email: 'a@karya.test' }, '/password'],
      [{ email: 'a@karya.test', password: PASSWORD, otp: '1' }, '/otp'],
    ] as const) {
      const { status, body: problem } = await signIn(body)
      assert.equal(status, 400)
      assert.equal(problem.errors[0].pointer, pointer)
    }
  })

  it('C3 refuses in Indonesian whoever asks for it', async () => {
    const { body } = await karya.ask('POST', URL, {
      body: { email: 'nobody@karya.test', password: WRONG },
      headers: { 'accept-language': 'id' },
    })
    assert.equal(body.error, 'Surel, nama pengguna, atau kata sandi salah.')
  })

  it('I5 keeps passwords and tokens out of every log line', async () => {
    const { body } = await signIn({ email: person.email, password: PASSWORD, token_delivery: 'body' })
    await signIn({ email: person.email, password: WRONG })
    await karya.ask('GET', '/api/v1/users/profile', { token: body.token })
    const logged = karya.logged()
    assert.ok(logged.includes('/api/v1/auth/login'), 'requests are logged')
    for (const secret of [PASSWORD, WRONG, body.token, body.refresh_token, '$argon2id$']) {
      assert.ok(!logged.includes(secret), secret)
    }
  })

  it('E1 writes session.started with the device', async () => {
    const { body } = await karya.ask('POST', URL, {
      body: { email: person.email, password: PASSWORD },
      headers: { 'user-agent': 'Kapal/1' },
      from: '192.0.2.7',
    })
    const row = await karya.db
      .selectFrom('sessions')
      .selectAll()
      .where('address', '=', '192.0.2.7')
      .executeTakeFirstOrThrow()
    const event = await karya.db
      .selectFrom('outbox')
      .selectAll()
      .where('subject', '=', `session/${row.id}`)
      .executeTakeFirstOrThrow()
    assert.deepEqual([event.type, event.record_version], ['session.started', 1])
    assert.deepEqual(JSON.parse(event.data), {
      session_id: row.id,
      user_id: body.user.id,
      address: '192.0.2.7',
      user_agent: 'Kapal/1',
    })
  })
})

/** All of an answer but what names the request. */
function comparable({ status, headers, body }: Answer) {
  const { request_id: _id, ...problem } = body
  const { date: _date, 'x-request-id': _header, 'content-length': _length, ...rest } = headers
  return { status, problem, rest }
}

function median(values: readonly number[] = []): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
