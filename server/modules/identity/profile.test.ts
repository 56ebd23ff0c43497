import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, it } from 'node:test'
import { backends, onEach } from '#tests/backends'
import { PASSWORD, startTestApp, type TestApp } from '#tests/test-app'

const URL = '/api/v1/users/profile'
const NEW_PASSWORD = 'staple battery horse'

onEach(backends, 'the own profile', (backend) => {
  let karya: TestApp

  before(async () => {
    karya = await startTestApp(backend)
  })
  after(async () => await karya.stop())

  async function put(token: string, body: object, headers: Record<string, string> = {}) {
    return await karya.ask('PUT', URL, { token, body, headers })
  }

  async function signInStatus(email: string, password: string): Promise<number> {
    return (await karya.ask('POST', '/api/v1/auth/login', { body: { email, password } })).status
  }

  function newEmail(): string {
    return `new-${randomBytes(5).toString('hex')}@karya.test`
  }

  it('I3 shows the account without anything secret, and knows an unchanged one by its tag', async () => {
    const person = await karya.enrol()
    const { status, body, headers } = await karya.ask('GET', URL, { token: person.token })
    assert.equal(status, 200)
    const { created_at: createdAt, updated_at: updatedAt, ...rest } = body
    assert.deepEqual(rest, {
      id: person.id,
      name: 'A customer',
      lastname: null,
      email: person.email,
      username: null,
      role: 'customer',
      locale: 'en',
      disabled: false,
      version: 1,
    })
    assert.equal(new Date(createdAt).toISOString(), createdAt)
    assert.equal(updatedAt, createdAt)
    assert.equal(headers['etag'], '"1"')
    const again = await karya.ask('GET', URL, { token: person.token, headers: { 'if-none-match': '"1"' } })
    assert.deepEqual([again.status, again.text], [304, ''])
  })

  it('I3 changes the language, back to the one of the server too, and tells of it', async () => {
    const person = await karya.enrol()
    for (const [index, locale] of ['id', null, 'en'].entries()) {
      const { status, body } = await put(person.token, { locale })
      assert.deepEqual([status, body.locale], [200, locale])
      const { data } = await karya.db
        .selectFrom('outbox')
        .select('data')
        .where('subject', '=', `user/${person.id}`)
        .where('record_version', '=', index + 2)
        .executeTakeFirstOrThrow()
      assert.equal(JSON.parse(data).locale, locale)
    }
    assert.equal((await put(person.token, { name: 'Wati' })).body.locale, 'en', 'what is not named stays')
    assert.equal((await put(person.token, { locale: 'fr' })).status, 400)
  })

  it('I3 changes names without a password, and writes user.updated', async () => {
    const person = await karya.enrol()
    const username = `Wati-${randomBytes(4).toString('hex')}`
    const { status, body, headers } = await put(person.token, { name: ' Wati ', lastname: 'Sari', username })
    assert.equal(status, 200)
    assert.deepEqual(
      [body.name, body.lastname, body.username, body.version, headers['etag']],
      ['Wati', 'Sari', username, 2, '"2"'],
    )
    const event = await karya.db
      .selectFrom('outbox')
      .selectAll()
      .where('subject', '=', `user/${person.id}`)
      .where('type', '=', 'user.updated')
      .executeTakeFirstOrThrow()
    assert.deepEqual([event.record_version, event.actor_id], [2, person.id])
    assert.deepEqual(JSON.parse(event.data), body)
  })

  it('I3 refuses what cannot be changed here, and an empty change', async () => {
    const { token } = await karya.enrol()
    for (const body of [{ role: 'admin' }, { disabled: false }, {}, { name: '' }]) {
      assert.equal((await put(token, body)).status, 400, JSON.stringify(body))
    }
  })

  it('I3 asks for the current password for a new address, and refuses a wrong one', async () => {
    const person = await karya.enrol()
    const email = newEmail()
    const without = await put(person.token, { email })
    assert.deepEqual([without.status, without.body.errors[0].pointer], [400, '/current_password'])
    const wrong = await put(person.token, { email, current_password: 'wrong' })
    assert.deepEqual([wrong.status, wrong.body.code], [403, 'wrong_password'])
    assert.equal(await signInStatus(email, PASSWORD), 401)
    const right = await put(person.token, { email, current_password: PASSWORD })
    assert.deepEqual([right.status, right.body.email], [200, email])
    assert.equal(await signInStatus(email, PASSWORD), 200)
    assert.equal(await signInStatus(person.email, PASSWORD), 401)
  })

  it('I3 refuses a taken address and a taken username with 409', async () => {
    const [person, other] = [await karya.enrol(), await karya.enrol()]
    const username = `u${randomBytes(5).toString('hex')}`
    assert.equal((await put(other.token, { username })).status, 200)
    const byEmail = await put(person.token, { email: other.email.toUpperCase(), current_password: PASSWORD })
    assert.deepEqual([byEmail.status, byEmail.body.code], [409, 'email_taken'])
    const byName = await put(person.token, { username: username.toUpperCase() })
    assert.deepEqual([byName.status, byName.body.code], [409, 'username_taken'])
  })

  it('F10 ends every session at once when the password changes', async () => {
    const person = await karya.enrol()
    const { body: other } = await karya.ask('POST', '/api/v1/auth/login', {
      body: { email: person.email, password: PASSWORD },
    })
    assert.equal((await karya.ask('GET', URL, { token: other.token })).status, 200)
    const change = { password: NEW_PASSWORD, current_password: PASSWORD }
    const changed = await put(person.token, change)
    assert.equal(changed.status, 200)
    assert.doesNotMatch(changed.text, /hash|argon2/)
    for (const token of [person.token, other.token]) {
      const { status, body } = await karya.ask('GET', URL, { token })
      assert.deepEqual([status, body.code], [401, 'invalid_token'])
    }
    const refreshed = await karya.ask('POST', '/api/v1/auth/refresh', {
      body: { refresh_token: person.refreshToken },
    })
    assert.equal(refreshed.status, 401)
    assert.equal(await signInStatus(person.email, PASSWORD), 401)
    assert.equal(await signInStatus(person.email, NEW_PASSWORD), 200)
    const reasons = await karya.db
      .selectFrom('outbox')
      .select('data')
      .where('type', '=', 'session.revoked')
      .where('data', 'like', `%${person.id}%`)
      .execute()
    assert.deepEqual(
      reasons.map(({ data }) => JSON.parse(data).reason),
      Array.from({ length: 3 }, () => 'password_changed'),
    )
  })

  it('I3 refuses a new password that is too short or too common, and keeps the old one', async () => {
    const person = await karya.enrol()
    for (const password of ['kT9#wq!', 'password1']) {
      const { status } = await put(person.token, { password, current_password: PASSWORD })
      assert.equal(status, 400, password)
    }
    assert.equal(await signInStatus(person.email, PASSWORD), 200)
  })

  it('I3 lets a stolen token guess the current password ten times', async () => {
    const person = await karya.enrol()
    const tryFrom = async (from: string, password: string) =>
      await karya.ask('PUT', URL, {
        token: person.token,
        body: { email: newEmail(), current_password: password },
        from,
      })
    for (let guess = 0; guess < 10; guess += 1)
      assert.equal((await tryFrom(`2001:db8::${guess + 1}`, `guess ${guess}`)).status, 403)
    const { status, headers } = await tryFrom('2001:db8::ffff', PASSWORD)
    assert.equal(status, 429)
    assert.ok(Number(headers['retry-after']) > 0)
  })

  it('C7 refuses a change of what has changed since', async () => {
    const { token } = await karya.enrol()
    assert.equal((await put(token, { name: 'One' }, { 'if-match': '"1"' })).status, 200)
    const stale = await put(token, { name: 'Two' }, { 'if-match': '"1"' })
    assert.deepEqual([stale.status, stale.body.current_version], [412, 2])
    assert.equal((await karya.ask('GET', URL, { token })).body.name, 'One')
  })
})
