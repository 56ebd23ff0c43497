import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, it } from 'node:test'
import { backends, onEach } from '#tests/backends'
import { startTestApp, type TestApp } from '#tests/test-app'

const URL = '/api/v1/tokens'
const PROFILE = '/api/v1/users/profile'

onEach(backends, 'API tokens', (backend) => {
  let karya: TestApp

  before(async () => {
    karya = await startTestApp(backend)
  })
  after(async () => await karya.stop())

  async function make(token: string, rest: object = {}) {
    return await karya.ask('POST', URL, {
      token,
      body: { name: 'Till', permissions: ['profile:read'], ...rest },
    })
  }

  async function statusWith(token: string, url = PROFILE): Promise<number> {
    return (await karya.ask('GET', url, { token })).status
  }

  it('I6 shows a token once, with its prefix, and keeps only its hash', async () => {
    const person = await karya.enrol()
    const { status, body, headers } = await make(person.token)
    assert.equal(status, 201)
    assert.match(body.token, /^kry_[\w-]{43}$/)
    assert.equal(headers['location'], `${URL}/${body.id}`)
    assert.deepEqual(
      [body.name, body.permissions, body.expires_at, body.last_used_at],
      ['Till', ['profile:read'], null, null],
    )
    const row = await karya.db
      .selectFrom('api_tokens')
      .selectAll()
      .where('id', '=', body.id)
      .executeTakeFirstOrThrow()
    assert.equal(row.token_hash, createHash('sha256').update(body.token).digest('hex'))
    assert.ok(!JSON.stringify(row).includes(body.token))

    const list = await karya.ask('GET', URL, { token: person.token })
    const { token: _shown, ...described } = body
    assert.deepEqual(list.body.data, [described])
    assert.ok(!list.text.includes('hash'))

    const event = await karya.db
      .selectFrom('outbox')
      .selectAll()
      .where('subject', '=', `api_token/${body.id}`)
      .executeTakeFirstOrThrow()
    assert.deepEqual([event.type, event.record_version], ['api_token.created', 1])
    assert.deepEqual(JSON.parse(event.data), { ...described, user_id: person.id })
    assert.ok(!karya.logged().includes(body.token))
  })

  it('I6 lets a token do what it carries and nothing else', async () => {
    const manager = await karya.enrol('production_manager')
    const { body } = await make(manager.token, { permissions: ['users:read'] })
    assert.equal(await statusWith(body.token, '/api/v1/users'), 200)
    const { status, body: problem } = await karya.ask('GET', PROFILE, { token: body.token })
    assert.deepEqual([status, problem.code], [403, 'missing_permission'])
  })

  it('I6 gives no token more than its maker may do', async () => {
    const person = await karya.enrol()
    const { status, body } = await make(person.token, { permissions: ['profile:read', 'users:write', 'x'] })
    assert.deepEqual(
      [status, body.code, body.permissions],
      [403, 'permission_not_held', ['users:write', 'x']],
    )
    const { body: narrow } = await make(person.token, { permissions: ['tokens:write'] })
    assert.equal((await make(narrow.token)).status, 403, 'a token makes none that carries more than itself')
    assert.equal((await make(narrow.token, { permissions: ['tokens:write'] })).status, 201)
  })

  it('I6 ends a token at its expiry', async () => {
    const person = await karya.enrol()
    const expiresAt = new Date(karya.clock.now().getTime() + 60_000).toISOString()
    const { body } = await make(person.token, { expires_at: expiresAt })
    assert.equal(body.expires_at, expiresAt)
    assert.equal(await statusWith(body.token), 200)
    karya.clock.advance(61_000)
    assert.equal(await statusWith(body.token), 401)
  })

  it('I6 refuses an expiry in the past, no permissions and no name', async () => {
    const person = await karya.enrol()
    const past = new Date(karya.clock.now().getTime() - 1_000).toISOString()
    for (const rest of [{ expires_at: past }, { permissions: [] }, { name: ' ' }, { expires_at: 'soon' }]) {
      assert.equal((await make(person.token, rest)).status, 400, JSON.stringify(rest))
    }
  })

  it('I6 notes when a token was last used', async () => {
    const person = await karya.enrol()
    const { body } = await make(person.token)
    assert.equal(await statusWith(body.token), 200)
    const { body: list } = await karya.ask('GET', URL, { token: person.token })
    const usedAt = Date.parse(list.data[0].last_used_at)
    assert.ok(Math.abs(usedAt - karya.clock.now().getTime()) < 30_000, list.data[0].last_used_at)
  })

  it('I6 ends a deleted token at once, and tells of it', async () => {
    const person = await karya.enrol()
    const { body } = await make(person.token)
    assert.equal(await statusWith(body.token), 200)
    const { status } = await karya.ask('DELETE', `${URL}/${body.id}`, { token: person.token })
    assert.equal(status, 204)
    const refused = await karya.ask('GET', PROFILE, { token: body.token })
    assert.deepEqual([refused.status, refused.body.error], [401, 'invalid token'])
    const again = await karya.ask('DELETE', `${URL}/${body.id}`, { token: person.token })
    assert.deepEqual([again.status, again.body.code], [404, 'api_token_not_found'])
    const types = await karya.db
      .selectFrom('outbox')
      .select(['type', 'record_version'])
      .where('subject', '=', `api_token/${body.id}`)
      .orderBy('record_version')
      .execute()
    assert.deepEqual(
      types.map(({ type, record_version }) => `${type} ${record_version}`),
      ['api_token.created 1', 'api_token.deleted 2'],
    )
  })

  it("I6 neither shows nor removes anybody else's tokens", async () => {
    const [person, other] = [await karya.enrol(), await karya.enrol('admin')]
    const { body } = await make(person.token)
    assert.deepEqual((await karya.ask('GET', URL, { token: other.token })).body.data, [])
    assert.equal((await karya.ask('DELETE', `${URL}/${body.id}`, { token: other.token })).status, 404)
    assert.equal(await statusWith(body.token), 200)
  })

  it('I7 refuses a token that nobody made', async () => {
    for (const token of [`kry_${'A'.repeat(43)}`, 'kry_', 'kry_x']) {
      const { status, body } = await karya.ask('GET', PROFILE, { token })
      assert.deepEqual([status, body.error, body.code], [401, 'invalid token', 'invalid_token'])
    }
  })

  it('C6 makes one token for a key and shows the same one again', async () => {
    const person = await karya.enrol()
    const options = {
      token: person.token,
      body: { name: 'Till', permissions: ['profile:read'] },
      headers: { 'idempotency-key': 'till-1' },
    }
    const first = await karya.ask('POST', URL, options)
    const second = await karya.ask('POST', URL, options)
    assert.equal(second.text, first.text)
    assert.equal((await karya.ask('GET', URL, { token: person.token })).body.data.length, 1)
  })
})
