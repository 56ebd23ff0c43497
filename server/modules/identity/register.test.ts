import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { PASSWORD, startTestApp, type TestApp } from '#tests/test-app'

const URL = '/api/v1/auth/register'

onEach(engines, 'registering', (backend) => {
  let karya: TestApp

  before(async () => {
    karya = await startTestApp(backend)
  })
  after(async () => await karya.stop())

  function newcomer(rest: object = {}) {
    return {
      name: 'Siti',
      email: `siti-${randomBytes(5).toString('hex')}@karya.test`,
      password: PASSWORD,
      ...rest,
    }
  }

  async function register(rest: object = {}, token?: string) {
    return await karya.ask('POST', URL, {
      body: newcomer(rest),
      ...(token === undefined ? {} : { token }),
    })
  }

  async function countOf(email: string): Promise<number> {
    const { count } = await karya.db
      .selectFrom('users')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('email', '=', email)
      .executeTakeFirstOrThrow()
    return count
  }

  for (const path of [URL, '/api/v1/users/register', '/api/auth/register', '/register']) {
    it(`I1 registers and signs in at ${path}, and answers with exactly what was promised`, async () => {
      const body = newcomer({ lastname: 'Aminah', username: `siti.${randomBytes(4).toString('hex')}` })
      const answer = await karya.ask('POST', path, { body })
      assert.equal(answer.status, 201, answer.text)
      const { token, user } = answer.body
      assert.deepEqual(answer.body, {
        token,
        access_token: token,
        token_type: 'Bearer',
        expires_in: 900,
        name: 'Siti',
        lastname: 'Aminah',
        email: body.email,
        user: {
          id: user.id,
          name: 'Siti',
          lastname: 'Aminah',
          email: body.email,
          username: Reflect.get(body, 'username'),
          role: 'customer',
        },
      })
      assert.equal(answer.headers['cache-control'], 'no-store')
      const profile = await karya.ask('GET', '/api/v1/users/profile', { token })
      assert.equal(profile.body.id, user.id)
    })
  }

  it('I1 answers null for a lastname and a username that were not given', async () => {
    const { body } = await register()
    assert.deepEqual([body.lastname, body.user.lastname, body.user.username], [null, null, null])
  })

  it('I1 keeps the language that the body names, or else the one that the request is in', async () => {
    const cases = [
      { named: {}, accepted: 'id-ID,id;q=0.9,en;q=0.5', kept: 'id' },
      { named: { locale: 'en' }, accepted: 'id', kept: 'en' },
      { named: { locale: 'id' }, accepted: 'en', kept: 'id' },
      { named: { locale: null }, accepted: 'id', kept: null },
      { named: {}, accepted: 'fr', kept: 'en' },
    ]
    for (const { named, accepted, kept } of cases) {
      const headers = { 'accept-language': accepted }
      const { status, body } = await karya.ask('POST', URL, { body: newcomer(named), headers })
      assert.equal(status, 201)
      const profile = await karya.ask('GET', '/api/v1/users/profile', { token: body.token })
      assert.equal(profile.body.locale, kept, `${JSON.stringify(named)} ${accepted}`)
      const { data } = await karya.db
        .selectFrom('outbox')
        .select('data')
        .where('subject', '=', `user/${body.user.id}`)
        .executeTakeFirstOrThrow()
      assert.equal(JSON.parse(data).locale, kept)
    }
    assert.equal((await register({ locale: 'fr' })).status, 400)
  })

  it('I1 lets nobody without an account name a role but customer', async () => {
    for (const role of ['admin', 'production_manager', 'operator', 'agent']) {
      const { status, body } = await register({ role })
      assert.deepEqual([status, body.error], [401, 'missing authorization header'], role)
    }
    assert.equal((await register({ role: 'customer' })).status, 201)
  })

  it('I7 answers a staff registration with a bad token: invalid token', async () => {
    const { status, body } = await register({ role: 'operator' }, 'nonsense')
    assert.deepEqual([status, body.error], [401, 'invalid token'])
  })

  it('I1 lets an administrator create every role', async () => {
    for (const role of ['admin', 'production_manager', 'operator', 'agent', 'customer']) {
      const { status, body } = await register({ role }, karya.administrator.token)
      assert.deepEqual([status, body.user?.role], [201, role])
    }
  })

  it('I1 lets a production manager create operators, and no other staff', async () => {
    const { token } = await karya.enrol('production_manager')
    assert.equal((await register({ role: 'operator' }, token)).status, 201)
    for (const role of ['admin', 'production_manager', 'agent']) {
      const { status, body } = await register({ role }, token)
      assert.deepEqual([status, body.code], [403, 'role_not_allowed'], role)
    }
  })

  it('I1 lets operators, agents and customers create no staff', async () => {
    for (const creator of ['operator', 'agent', 'customer']) {
      const { token } = await karya.enrol(creator)
      for (const role of ['admin', 'production_manager', 'operator', 'agent']) {
        const { status, body } = await register({ role }, token)
        assert.deepEqual([status, body.code], [403, 'role_not_allowed'], `${creator} creates ${role}`)
      }
    }
  })

  it('I1 refuses a taken e-mail address, however it is written', async () => {
    const { body } = await register()
    for (const email of [body.email, body.email.toUpperCase()]) {
      const refused = await register({ email })
      assert.deepEqual([refused.status, refused.body.code], [409, 'email_taken'], email)
    }
  })

  it('I1 refuses a taken username, however it is written', async () => {
    const username = `Budi_${randomBytes(4).toString('hex')}`
    assert.equal((await register({ username })).status, 201)
    for (const other of [username, username.toUpperCase(), username.toLowerCase()]) {
      const refused = await register({ username: other })
      assert.deepEqual([refused.status, refused.body.code], [409, 'username_taken'], other)
    }
  })

  it('I1 lets one of two who register the same address at once in', async () => {
    const { email } = newcomer()
    const answers = await Promise.all([register({ email }), register({ email: email.toUpperCase() })])
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 409])
    const refused = answers.find(({ status }) => status === 409)
    assert.equal(refused?.body.code, 'email_taken')
  })

  for (const [what, rest, pointer] of [
    ['a password of seven characters', { password: 'kT9#wq!' }, '/password'],
    ['a password of 129 characters', { password: 'kT9#wq!x'.repeat(17).slice(0, 129) }, '/password'],
    ['one of the most common passwords', { password: 'password1' }, '/password'],
    ['a common password in capitals', { password: 'PASSWORD1' }, '/password'],
    ['no address', { email: undefined }, '/email'],
    ['what is no address', { email: 'siti' }, '/email'],
    ['an empty name', { name: '   ' }, '/name'],
    ['a role that there is not', { role: 'king' }, '/role'],
    ['a username with spaces', { username: 'si ti' }, '/username'],
    ['a username of two characters', { username: 'ab' }, '/username'],
    ['a field that there is not', { admin: true }, '/admin'],
    ['a hash of its own', { password_hash: 'x' }, '/password_hash'],
  ] as const) {
    it(`I1 refuses ${what} with 400`, async () => {
      const { status, body } = await register(rest)
      assert.equal(status, 400)
      assert.equal(body.code, 'invalid_input')
      assert.deepEqual(
        [...new Set(body.errors.map((error: { pointer: string }) => error.pointer))],
        [pointer],
      )
    })
  }

  it('I1 takes passwords of 8 and of 128 characters', async () => {
    for (const password of ['kT9#wq!x', 'kT9#wq!x'.repeat(16)]) {
      assert.equal((await register({ password })).status, 201, String(password.length))
    }
  })

  it('C6 replays a registration to the same key byte for byte, and makes one account', async () => {
    const body = newcomer()
    const headers = { 'idempotency-key': randomBytes(8).toString('hex') }
    const first = await karya.ask('POST', URL, { body, headers })
    const second = await karya.ask('POST', URL, { body, headers })
    assert.deepEqual([first.status, second.status], [201, 201])
    assert.equal(second.text, first.text)
    assert.equal(second.headers['idempotent-replayed'], 'true')
    assert.equal(await countOf(body.email), 1)
    const other = await karya.ask('POST', URL, { body: { ...body, name: 'Other' }, headers })
    assert.equal(other.status, 422)
  })

  it('E1 writes user.registered and session.started with the account, without a hash', async () => {
    const { body } = await register()
    const events = await karya.db
      .selectFrom('outbox')
      .selectAll()
      .where('subject', '=', `user/${body.user.id}`)
      .execute()
    assert.deepEqual(
      events.map(({ type, record_version }) => [type, record_version]),
      [['user.registered', 1]],
    )
    const data = events[0]?.data ?? ''
    assert.equal(JSON.parse(data).email, body.email)
    assert.doesNotMatch(data, /argon2|hash|password/i)
    const session = await karya.db
      .selectFrom('sessions')
      .select('id')
      .where('user_id', '=', body.user.id)
      .executeTakeFirstOrThrow()
    const started = await karya.db
      .selectFrom('outbox')
      .selectAll()
      .where('subject', '=', `session/${session.id}`)
      .executeTakeFirstOrThrow()
    assert.equal(started.type, 'session.started')
    assert.doesNotMatch(started.data, /hash|seed|token/i)
  })

  it('F10 leaves the cookie of whoever registers somebody else alone', async () => {
    const own = await register()
    assert.match(String(own.headers['set-cookie']), /^karya_refresh=/)
    const staff = await register({ role: 'operator' }, karya.administrator.token)
    assert.equal(staff.status, 201)
    assert.equal(staff.headers['set-cookie'], undefined)
  })

  it('C3 says once what is wrong with a field that may be null', async () => {
    const { status, body } = await register({ username: 'a b', lastname: 5 })
    assert.equal(status, 400)
    assert.deepEqual(
      body.errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code]).toSorted(),
      [
        ['/lastname', 'type'],
        ['/username', 'invalid'],
      ],
    )
  })

  it('E1 leaves no account when its event cannot be written', async () => {
    const body = newcomer()
    await karya.db.schema.alterTable('outbox').renameTo('outbox_away').execute()
    try {
      const { status, text } = await karya.ask('POST', URL, { body })
      assert.equal(status, 500)
      assert.doesNotMatch(text, /outbox|insert|stack/i)
    } finally {
      await karya.db.schema.alterTable('outbox_away').renameTo('outbox').execute()
    }
    assert.equal(await countOf(body.email), 0)
    assert.equal((await karya.ask('POST', URL, { body })).status, 201)
  })
})
