import assert from 'node:assert/strict'
import { createHmac, createSecretKey, generateKeyPairSync } from 'node:crypto'
import { after, before, it } from 'node:test'
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose'
import { engines, onEach } from '#tests/backends'
import { type Person, SECRET, startTestApp, type TestApp } from '#tests/test-app'

const PROFILE = '/api/v1/users/profile'

onEach(engines, 'access tokens', (backend) => {
  let karya: TestApp
  let person: Person

  before(async () => {
    karya = await startTestApp(backend)
    person = await karya.enrol()
  })
  after(async () => await karya.stop())

  async function present(authorization: string) {
    return await karya.ask('GET', PROFILE, { headers: { authorization } })
  }

  async function assertInvalid(token: string, what: string): Promise<void> {
    const { status, body } = await present(`Bearer ${token}`)
    assert.deepEqual([status, body.code, body.error], [401, 'invalid_token', 'invalid token'], what)
  }

  /** A token as ours, with other claims, another algorithm or another key. */
  async function forge(claims: object = {}, { alg = 'HS256', secret = SECRET } = {}): Promise<string> {
    const payload = Object.fromEntries(
      Object.entries({ ...decodeJwt(person.token), ...claims }).filter(([, value]) => value !== undefined),
    )
    return await new SignJWT(payload)
      .setProtectedHeader({ alg, typ: 'JWT' })
      .sign(createSecretKey(Buffer.from(secret)))
  }

  it('F9 says who, from whom, for whom and until when, and nothing secret', () => {
    const claims = decodeJwt(person.token)
    assert.deepEqual(decodeProtectedHeader(person.token), { alg: 'HS256', typ: 'JWT' })
    assert.deepEqual(Object.keys(claims).toSorted(), [
      'aud',
      'email',
      'exp',
      'iat',
      'iss',
      'jti',
      'role',
      'sid',
      'sub',
    ])
    assert.deepEqual(
      [claims.iss, claims.aud, claims.sub, claims['email'], claims['role']],
      ['karya', 'karya', person.id, person.email, 'customer'],
    )
    assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), 900)
  })

  it('F9 takes the token that its forger below makes when nothing is changed', async () => {
    assert.equal((await present(`Bearer ${await forge()}`)).status, 200)
  })

  it('F9 refuses a token without a signature', async () => {
    const [, payload] = person.token.split('.')
    for (const alg of ['none', 'None', 'NONE', '']) {
      const header = Buffer.from(JSON.stringify({ alg, typ: 'JWT' })).toString('base64url')
      await assertInvalid(`${header}.${payload}.`, alg)
    }
  })

  it('F9 refuses every algorithm but HS256, with the right key too', async () => {
    for (const alg of ['HS384', 'HS512']) {
      await assertInvalid(await forge({}, { alg, secret: SECRET.padEnd(64, '.') }), alg)
    }
    const [, payload] = person.token.split('.')
    const header = Buffer.from('{"alg":"HS384","typ":"JWT"}').toString('base64url')
    const signature = createHmac('sha384', SECRET).update(`${header}.${payload}`).digest('base64url')
    await assertInvalid(`${header}.${payload}.${signature}`, 'HS384 with the right key')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const signed = await new SignJWT(decodeJwt(person.token))
      .setProtectedHeader({ alg: 'RS256' })
      .sign(privateKey)
    await assertInvalid(signed, 'RS256')
  })

  it('F9 refuses a foreign key and a changed payload', async () => {
    await assertInvalid(await forge({}, { secret: 'a secret of somebody else, just as long' }), 'foreign')
    const [header, , signature] = person.token.split('.')
    const payload = { ...decodeJwt(person.token), sub: karya.administrator.id, role: 'admin' }
    const changed = Buffer.from(JSON.stringify(payload)).toString('base64url')
    await assertInvalid(`${header}.${changed}.${signature}`, 'changed')
  })

  it('F9 refuses another issuer, another audience, and any claim that is missing', async () => {
    for (const claims of [
      { iss: 'other' },
      { aud: 'other' },
      { iss: undefined },
      { aud: undefined },
      { sub: undefined },
      { exp: undefined },
      { iat: undefined },
      { jti: undefined },
      { sid: undefined },
      { exp: Math.floor(Date.now() / 1_000) - 1 },
      { sid: '01890000-0000-7000-8000-000000000000' },
      { sub: karya.administrator.id },
    ]) {
      await assertInvalid(await forge(claims), JSON.stringify(claims))
    }
  })

  it('F9 believes the database, not the token, about a role', async () => {
    const token = await forge({ role: 'admin' })
    assert.equal((await karya.ask('GET', '/api/v1/users', { token })).status, 403)
  })

  it('F9 refuses garbage of every size', async () => {
    const [header, payload] = person.token.split('.')
    for (const token of [
      'x',
      '..',
      'a.b.c',
      `${header}.${payload}`,
      `${person.token}x`,
      'A'.repeat(10_000),
    ]) {
      await assertInvalid(token, token.slice(0, 40))
    }
    await assertInvalid('A'.repeat(64 * 1_024), '64 KiB')
  })

  it('I7 tells who brings no token from who brings a bad one', async () => {
    const none = await karya.ask('GET', PROFILE)
    assert.deepEqual(
      [none.status, none.body.error, none.body.code],
      [401, 'missing authorization header', 'missing_authorization'],
    )
    for (const header of ['', 'Bearer', 'Bearer ', 'Basic YTpi', person.token, `Token ${person.token}`]) {
      const { status, body } = await present(header)
      assert.deepEqual([status, body.error], [401, 'invalid token'], header)
    }
    assert.equal((await present(`bearer ${person.token}`)).status, 200, 'the scheme in any case')
  })

  it('F9 ends a token after 15 minutes, also one that was used before', async () => {
    const { token } = await karya.enrol()
    karya.clock.advance(14 * 60_000 + 55_000)
    assert.equal((await present(`Bearer ${token}`)).status, 200)
    karya.clock.advance(6_000)
    await assertInvalid(token, 'after 15 minutes')
  })
})
