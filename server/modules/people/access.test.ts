import assert from 'node:assert/strict'
import { createHmac, createSecretKey } from 'node:crypto'
import { after, before, it } from 'node:test'
import { decodeJwt, SignJWT } from 'jose'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { eventsOf, startTestService, type TestService } from '#tests/people-service'
import { type Person, SECRET, startTestApp, type TestApp } from '#tests/test-app'
import { findPerson } from './index.ts'

/** For everybody with an account. */
const OWN = '/api/v1/transactions'
/** For staff. */
const PEOPLE = '/api/v1/people'

onEach(engines, 'a service without identity', (backend) => {
  let identity: TestApp
  let service: TestService

  before(async () => {
    identity = await startTestApp(backend)
    service = await startTestService(backend)
  })
  after(async () => {
    await service.stop()
    await identity.stop()
  })

  async function hearAll(): Promise<void> {
    await service.hear(...(await eventsOf(identity)))
  }

  async function change(person: Person, body: object): Promise<void> {
    const { token } = identity.administrator
    const answer = await identity.ask('PATCH', `/api/v1/users/${person.id}`, { token, body })
    assert.equal(answer.status, 200, answer.text)
  }

  async function statusOf(token: string, url = OWN): Promise<number> {
    return (await service.ask(url, token)).status
  }

  async function forge(token: string, claims: object = {}, { alg = 'HS256', secret = SECRET } = {}) {
    const payload = Object.fromEntries(
      Object.entries({ ...decodeJwt(token), ...claims }).filter(([, value]) => value !== undefined),
    )
    return await new SignJWT(payload)
      .setProtectedHeader({ alg, typ: 'JWT' })
      .sign(createSecretKey(Buffer.from(secret)))
  }

  it('T5 lets in who comes before their events, with the role of the token, and keeps who it was', async () => {
    const person = await identity.enrol('agent')
    assert.equal(await findPerson(service.db, person.id), undefined)
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async () => await statusOf(person.token, PEOPLE)),
    )
    assert.deepEqual(new Set(statuses), new Set([200]))
    const row = await findPerson(service.db, person.id)
    assert.deepEqual([row?.version, row?.email, row?.role], [0, person.email, 'agent'])
    await hearAll()
    const heard = await findPerson(service.db, person.id)
    assert.deepEqual([heard?.version, heard?.name], [1, 'A agent'])
    assert.equal(await statusOf(person.token, PEOPLE), 200)
    assert.equal((await findPerson(service.db, person.id))?.version, 1, 'a token says less than an event')
  })

  it('T6 serves no sign-in and no accounts', async () => {
    assert.equal(await statusOf(identity.administrator.token, '/api/v1/users'), 404)
  })

  it('T5 goes by the role that was heard of, up and down', async () => {
    const person = await identity.enrol('agent')
    assert.equal(await statusOf(person.token, PEOPLE), 200)
    await change(person, { role: 'customer' })
    await hearAll()
    assert.equal(await statusOf(person.token, PEOPLE), 403)
    assert.equal(await statusOf(person.token), 200)
    await change(person, { role: 'production_manager' })
    await hearAll()
    assert.equal(await statusOf(person.token, PEOPLE), 200)
  })

  it('T5 refuses who is disabled, and who comes with a new token after it is over', async () => {
    const person = await identity.enrol()
    assert.equal(await statusOf(person.token), 200)
    await change(person, { disabled: true })
    await hearAll()
    const { status, body } = await service.ask(OWN, person.token)
    assert.deepEqual([status, body.error], [401, 'invalid token'])
    await change(person, { disabled: false })
    await hearAll()
    assert.equal(await statusOf(person.token), 401, 'the old session stays ended')
    const again = await identity.ask('POST', '/api/v1/auth/login', {
      body: { email: person.email, password: person.password },
    })
    assert.equal(await statusOf(again.body.token), 200)
  })

  it('T5 refuses who is deleted, with a token that nobody has seen either', async () => {
    const [seen, unseen] = [await identity.enrol(), await identity.enrol()]
    assert.equal(await statusOf(seen.token), 200)
    for (const { id } of [seen, unseen]) {
      const { token } = identity.administrator
      assert.equal((await identity.ask('DELETE', `/api/v1/users/${id}`, { token })).status, 204)
    }
    await hearAll()
    assert.deepEqual([await statusOf(seen.token), await statusOf(unseen.token)], [401, 401])
  })

  it('T5 refuses the access token of a session that has ended, and no other of the same user', async () => {
    const person = await identity.enrol()
    const other = await identity.ask('POST', '/api/v1/auth/login', {
      body: { email: person.email, password: person.password },
    })
    assert.deepEqual([await statusOf(person.token), await statusOf(other.body.token)], [200, 200])
    assert.equal((await identity.ask('POST', '/api/v1/auth/logout', { token: person.token })).status, 204)
    await hearAll()
    assert.deepEqual([await statusOf(person.token), await statusOf(other.body.token)], [401, 200])
  })

  it('T5 refuses an ended session of somebody who was never heard of, and keeps nothing of them', async () => {
    const person = await identity.enrol()
    assert.equal((await identity.ask('POST', '/api/v1/auth/logout', { token: person.token })).status, 204)
    const events = await eventsOf(identity)
    await service.hear(...events.filter(({ type }) => type === 'session.revoked'))
    assert.equal(await statusOf(person.token), 401)
    assert.equal(await findPerson(service.db, person.id), undefined)
  })

  it('F9 refuses tokens that identity would refuse', async () => {
    const { token } = await identity.enrol()
    const [header, payload, signature] = token.split('.')
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
    const hs384 = Buffer.from('{"alg":"HS384","typ":"JWT"}').toString('base64url')
    const longer = createHmac('sha384', SECRET).update(`${hs384}.${payload}`).digest('base64url')
    const raised = Buffer.from(JSON.stringify({ ...decodeJwt(token), role: 'admin' })).toString('base64url')
    const hostile = {
      'without a signature': `${none}.${payload}.`,
      'another algorithm': `${hs384}.${payload}.${longer}`,
      'a longer algorithm': await forge(token, {}, { alg: 'HS512', secret: SECRET.padEnd(64, '.') }),
      'a foreign key': await forge(token, {}, { secret: 'a secret of somebody else, just as long' }),
      'a changed payload': `${header}.${raised}.${signature}`,
      'another issuer': await forge(token, { iss: 'other' }),
      'another audience': await forge(token, { aud: 'other' }),
      expired: await forge(token, { exp: Math.floor(Date.now() / 1_000) - 1 }),
      garbage: 'a.b.c',
      'too long': 'A'.repeat(10_000),
      'a token for machines': 'kry_abcdefghijklmnopqrstuvwxyz',
    }
    for (const [what, text] of Object.entries(hostile)) {
      const { status, body } = await service.ask(OWN, text)
      assert.deepEqual([status, body.error], [401, 'invalid token'], what)
    }
    for (const claim of ['iss', 'aud', 'sub', 'exp', 'iat', 'jti', 'sid', 'email', 'role']) {
      assert.equal(await statusOf(await forge(token, { [claim]: undefined })), 401, claim)
    }
    assert.equal(await statusOf(await forge(token, { sub: systemIds.next() })), 200, 'who holds the key may')
    assert.equal(await statusOf(token), 200)
  })
})
