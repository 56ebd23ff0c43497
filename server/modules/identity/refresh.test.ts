import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, it } from 'node:test'
import { backends, onEach } from '#tests/backends'
import { type Person, startTestApp, type TestApp } from '#tests/test-app'
import { readRefreshToken } from './refresh-tokens.ts'

const DAY_MS = 24 * 60 * 60 * 1_000

onEach(backends, 'refreshing', (backend) => {
  let karya: TestApp

  before(async () => {
    karya = await startTestApp(backend)
  })
  after(async () => await karya.stop())

  async function refresh(token: string) {
    return await karya.ask('POST', '/api/v1/auth/refresh', { body: { refresh_token: token } })
  }

  async function statusWith(token: string): Promise<number> {
    return (await karya.ask('GET', '/api/v1/users/profile', { token })).status
  }

  async function successorOf(token: string): Promise<string> {
    const { status, body, text } = await refresh(token)
    assert.equal(status, 200, text)
    return body.refresh_token
  }

  async function assertRevoked(person: Person, ...refreshTokens: string[]): Promise<void> {
    for (const token of refreshTokens) {
      const { status, body } = await refresh(token)
      assert.deepEqual([status, body.code], [401, 'invalid_refresh_token'])
    }
    assert.equal(await statusWith(person.token), 401, 'the access token')
  }

  it('F9 gives a successor and a new access token, and forgets nothing of who it is', async () => {
    const person = await karya.enrol()
    const { status, body, headers } = await refresh(person.refreshToken)
    assert.equal(status, 200)
    assert.notEqual(body.refresh_token, person.refreshToken)
    assert.notEqual(body.access_token, person.token)
    assert.equal(body.token, body.access_token)
    assert.equal(body.user.id, person.id)
    assert.equal(headers['set-cookie'], undefined)
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(await statusWith(body.token), 200)
  })

  it('F9 gives the same successor again to the predecessor within ten seconds', async () => {
    const person = await karya.enrol()
    const first = await successorOf(person.refreshToken)
    karya.clock.advance(8_000)
    assert.equal(await successorOf(person.refreshToken), first)
    assert.notEqual(await successorOf(first), first, 'the successor still works')
  })

  it('F9 revokes the family when the predecessor comes after its successor was used', async () => {
    const person = await karya.enrol()
    const first = await successorOf(person.refreshToken)
    const second = await successorOf(first)
    await assertRevoked(person, person.refreshToken, second)
  })

  it('F9 revokes the family when the predecessor comes after ten seconds', async () => {
    const person = await karya.enrol()
    const first = await successorOf(person.refreshToken)
    karya.clock.advance(11_000)
    await assertRevoked(person, person.refreshToken, first)
  })

  it('F9 revokes the family when an old generation comes, and says why in the event', async () => {
    const person = await karya.enrol()
    let newest = person.refreshToken
    for (let round = 0; round < 4; round += 1) newest = await successorOf(newest)
    await assertRevoked(person, person.refreshToken, newest)
    const sessionId = readRefreshToken(newest)?.sessionId
    const events = await karya.db
      .selectFrom('outbox')
      .selectAll()
      .where('subject', '=', `session/${sessionId}`)
      .where('type', '=', 'session.revoked')
      .execute()
    assert.equal(events.length, 1)
    assert.equal(JSON.parse(events[0]?.data ?? '').reason, 'reuse')
  })

  it('F9 leaves other families of the same user alone', async () => {
    const person = await karya.enrol()
    const { body: other } = await karya.ask('POST', '/api/v1/auth/login', {
      body: { email: person.email, password: person.password, token_delivery: 'body' },
    })
    await successorOf(await successorOf(person.refreshToken))
    await assertRevoked(person, person.refreshToken)
    assert.equal(await statusWith(other.token), 200)
    assert.equal((await refresh(other.refresh_token)).status, 200)
  })

  it('F9 lets nobody end a session who knows only its id', async () => {
    const person = await karya.enrol()
    const head = Buffer.from(person.refreshToken, 'base64url').subarray(0, 20)
    const forged = Buffer.concat([head, randomBytes(32)]).toString('base64url')
    assert.equal((await refresh(forged)).status, 401)
    assert.equal(await statusWith(person.token), 200)
    assert.equal((await refresh(person.refreshToken)).status, 200)
  })

  it('F9 leaves one live successor when a token is used 32 times at once', async () => {
    const person = await karya.enrol()
    const answers = await Promise.all(Array.from({ length: 32 }, () => refresh(person.refreshToken)))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    const successors = new Set(answers.map(({ body }) => body.refresh_token))
    assert.equal(successors.size, 1)
    const [only = ''] = successors
    assert.equal((await refresh(only)).status, 200)
  })

  it('F9 refuses what is no refresh token', async () => {
    const person = await karya.enrol()
    for (const bad of ['x', 'A'.repeat(70), person.token.slice(0, 200)]) {
      const { status, body } = await refresh(bad)
      assert.deepEqual([status, body.code], [401, 'invalid_refresh_token'])
    }
    const { status } = await karya.ask('POST', '/api/v1/auth/refresh')
    assert.equal(status, 401, 'nothing at all')
  })

  it('F9 keeps only hashes of refresh tokens, and none in a log', async () => {
    const person = await karya.enrol()
    const next = await successorOf(person.refreshToken)
    const rows = JSON.stringify(await karya.db.selectFrom('sessions').selectAll().execute())
    for (const token of [person.refreshToken, next]) {
      assert.ok(!rows.includes(token))
      assert.ok(!karya.logged().includes(token))
    }
  })

  it('F9 lets a refresh token live seven days from its rotation, and no longer', async () => {
    const person = await karya.enrol()
    karya.clock.advance(7 * DAY_MS - 60_000)
    const next = await successorOf(person.refreshToken)
    karya.clock.advance(7 * DAY_MS - 60_000)
    const last = await successorOf(next)
    karya.clock.advance(7 * DAY_MS + 1_000)
    const { status, body } = await refresh(last)
    assert.deepEqual([status, body.code], [401, 'invalid_refresh_token'])
  })
})
