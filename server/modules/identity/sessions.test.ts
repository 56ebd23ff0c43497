import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { backends, onEach } from '#tests/backends'
import { PASSWORD, type Person, startTestApp, type TestApp } from '#tests/test-app'

onEach(backends, 'sessions', (backend) => {
  let karya: TestApp

  before(async () => {
    karya = await startTestApp(backend)
  })
  after(async () => await karya.stop())

  async function signInAgain(email: string, agent: string) {
    const { body } = await karya.ask('POST', '/api/v1/auth/login', {
      body: { email, password: PASSWORD, token_delivery: 'body' },
      headers: { 'user-agent': agent },
      from: '198.51.100.4',
    })
    return { token: body.token, refreshToken: body.refresh_token }
  }

  async function statusWith(token: string): Promise<number> {
    return (await karya.ask('GET', '/api/v1/users/profile', { token })).status
  }

  async function refreshStatus(token: string): Promise<number> {
    const { status } = await karya.ask('POST', '/api/v1/auth/refresh', { body: { refresh_token: token } })
    return status
  }

  async function sessionsOf({ token }: Pick<Person, 'token'>) {
    const { status, body } = await karya.ask('GET', '/api/v1/auth/sessions', { token })
    assert.equal(status, 200)
    return body.data
  }

  async function eventOf(sessionId: string) {
    const row = await karya.db
      .selectFrom('outbox')
      .selectAll()
      .where('subject', '=', `session/${sessionId}`)
      .where('type', '=', 'session.revoked')
      .executeTakeFirstOrThrow()
    return { version: row.record_version, ...JSON.parse(row.data) }
  }

  it('F10 lists your own sessions that hold, newest first, and says which is this one', async () => {
    // Registering began a session, and signing in began this one.
    const person = await karya.enrol()
    karya.clock.advance(1_000)
    await signInAgain(person.email, 'Kapal/1')
    await karya.enrol()
    const { body, text } = await karya.ask('GET', '/api/v1/auth/sessions?limit=1', { token: person.token })
    assert.equal(body.data.length, 1)
    assert.equal(body.page.has_more, true)
    const [newest] = body.data
    assert.deepEqual(Object.keys(newest).toSorted(), [
      'address',
      'created_at',
      'current',
      'expires_at',
      'id',
      'last_used_at',
      'user_agent',
    ])
    assert.deepEqual([newest.address, newest.user_agent, newest.current], ['198.51.100.4', 'Kapal/1', false])
    assert.doesNotMatch(text, /token_hash|seed/)
    const { body: rest } = await karya.ask(
      'GET',
      `/api/v1/auth/sessions?limit=1&cursor=${encodeURIComponent(body.page.next_cursor)}`,
      { token: person.token },
    )
    assert.equal(rest.data[0].current, true)
    assert.equal((await sessionsOf(person)).length, 3)
  })

  it('F10 ends another of your sessions at once', async () => {
    const person = await karya.enrol()
    const other = await signInAgain(person.email, 'Kapal/1')
    assert.equal(await statusWith(other.token), 200)
    const before = await sessionsOf(person)
    const { id } = before.find((session: { user_agent: string }) => session.user_agent === 'Kapal/1')
    const { status } = await karya.ask('DELETE', `/api/v1/auth/sessions/${id}`, { token: person.token })
    assert.equal(status, 204)
    assert.equal(await statusWith(other.token), 401)
    assert.equal(await refreshStatus(other.refreshToken), 401)
    assert.equal(await statusWith(person.token), 200)
    assert.equal((await sessionsOf(person)).length, before.length - 1)
    assert.deepEqual(await eventOf(id), { version: 2, session_id: id, user_id: person.id, reason: 'revoked' })
    const again = await karya.ask('DELETE', `/api/v1/auth/sessions/${id}`, { token: person.token })
    assert.deepEqual([again.status, again.body.code], [404, 'session_not_found'])
  })

  it("F10 does not find anybody else's session, not even for an administrator", async () => {
    const person = await karya.enrol()
    const [{ id }] = await sessionsOf(person)
    const { status } = await karya.ask('DELETE', `/api/v1/auth/sessions/${id}`, {
      token: karya.administrator.token,
    })
    assert.equal(status, 404)
    assert.equal(await statusWith(person.token), 200)
  })

  it('F10 signs out with the refresh token in the body', async () => {
    const person = await karya.enrol()
    assert.equal(await statusWith(person.token), 200)
    const { status } = await karya.ask('POST', '/api/v1/auth/logout', {
      body: { refresh_token: person.refreshToken },
    })
    assert.equal(status, 204)
    assert.equal(await statusWith(person.token), 401)
    assert.equal(await refreshStatus(person.refreshToken), 401)
  })

  it('F10 signs out with the access token alone, and leaves the other sessions', async () => {
    const person = await karya.enrol()
    const other = await signInAgain(person.email, 'Kapal/1')
    const { id } = (await sessionsOf(person)).find((session: { current: boolean }) => session.current)
    const { status } = await karya.ask('POST', '/api/v1/auth/logout', { token: person.token })
    assert.equal(status, 204)
    assert.equal(await statusWith(person.token), 401)
    assert.equal(await refreshStatus(person.refreshToken), 401)
    assert.equal(await statusWith(other.token), 200)
    assert.equal((await eventOf(id)).reason, 'logout')
  })

  it('F10 signs nobody out with a forged refresh token, and answers the same', async () => {
    const person = await karya.enrol()
    const head = Buffer.from(person.refreshToken, 'base64url').subarray(0, 20)
    const forged = Buffer.concat([head, Buffer.alloc(32)]).toString('base64url')
    const { status } = await karya.ask('POST', '/api/v1/auth/logout', { body: { refresh_token: forged } })
    assert.equal(status, 204)
    assert.equal(await statusWith(person.token), 200)
    assert.equal(await refreshStatus(person.refreshToken), 200)
  })

  it('F10 signs out silently whoever is not signed in', async () => {
    assert.equal((await karya.ask('POST', '/api/v1/auth/logout')).status, 204)
  })
})
