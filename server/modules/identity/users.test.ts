import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { backends, onEach } from '#tests/backends'
import { PASSWORD, type Person, startTestApp, type TestApp } from '#tests/test-app'

const NOBODY = '01890000-0000-7000-8000-000000000000'

onEach(backends, 'administering accounts', (backend) => {
  let karya: TestApp
  let token: string

  before(async () => {
    karya = await startTestApp(backend)
    token = karya.administrator.token
  })
  after(async () => await karya.stop())

  async function patch(id: string, body: object, { by = token, headers = {} } = {}) {
    return await karya.ask('PATCH', `/api/v1/users/${id}`, { token: by, body, headers })
  }

  async function statusWith(bearer: string, url = '/api/v1/users/profile'): Promise<number> {
    return (await karya.ask('GET', url, { token: bearer })).status
  }

  async function apiTokenOf(person: Person, permissions: readonly string[]): Promise<string> {
    const { status, body, text } = await karya.ask('POST', '/api/v1/tokens', {
      token: person.token,
      body: { name: 'A machine', permissions },
    })
    assert.equal(status, 201, text)
    return body.token
  }

  async function eventsOf(id: string) {
    const rows = await karya.db
      .selectFrom('outbox')
      .selectAll()
      .where('subject', '=', `user/${id}`)
      .orderBy('record_version')
      .execute()
    for (const { data } of rows) assert.doesNotMatch(data, /argon2|password|hash/)
    return rows.map(({ type, record_version }) => `${type} ${record_version}`)
  }

  it('I4 lists accounts by role and by what is in their names, page by page', async () => {
    const agents = [await karya.enrol('agent'), await karya.enrol('agent'), await karya.enrol('agent')]
    const seen: string[] = []
    let cursor = ''
    do {
      const { status, body } = await karya.ask('GET', `/api/v1/users?role=agent&limit=2${cursor}`, { token })
      assert.equal(status, 200)
      seen.push(...body.data.map((user: { id: string }) => user.id))
      cursor = body.page.next_cursor === null ? '' : `&cursor=${encodeURIComponent(body.page.next_cursor)}`
      assert.equal(body.page.has_more, cursor !== '')
    } while (cursor !== '')
    assert.deepEqual(seen.toSorted(), agents.map(({ id }) => id).toSorted())

    const [wanted] = agents
    const q = encodeURIComponent(wanted?.email.slice(3, 14).toUpperCase() ?? '')
    const { body } = await karya.ask('GET', `/api/v1/users?q=${q}`, { token })
    assert.deepEqual(
      body.data.map((user: { id: string }) => user.id),
      [wanted?.id],
    )
    const { body: paged } = await karya.ask('GET', '/api/v1/users?role=agent&limit=2&page=2', { token })
    assert.equal(paged.data.length, 1)
    assert.deepEqual([paged.page.number, paged.page.total, paged.page.total_pages], [2, 3, 2])
  })

  it('I4 takes a wildcard for the character that it is', async () => {
    const { body } = await karya.ask('GET', '/api/v1/users?q=%25', { token })
    assert.deepEqual(body.data, [])
  })

  it('C5 refuses a filter that there is not', async () => {
    for (const query of ['rôle=admin', 'role=king', 'limit=0', 'limit=101', 'cursor=x', 'sort=name']) {
      const { status } = await karya.ask('GET', `/api/v1/users?${encodeURI(query)}`, { token })
      assert.equal(status, 400, query)
    }
  })

  it('I4 reads one account without a hash, and knows who is not there', async () => {
    const person = await karya.enrol()
    const { status, body, text } = await karya.ask('GET', `/api/v1/users/${person.id}`, { token })
    assert.deepEqual([status, body.email], [200, person.email])
    assert.doesNotMatch(text, /hash|argon2/)
    for (const id of [NOBODY, 'x']) assert.equal(await statusWith(token, `/api/v1/users/${id}`), 404)
    assert.equal((await patch(NOBODY, { name: 'X' })).status, 404)
  })

  it('I4 changes name and role, which holds at once', async () => {
    const person = await karya.enrol()
    assert.equal(await statusWith(person.token, '/api/v1/users'), 403)
    const { status, body } = await patch(person.id, { name: 'Wati', role: 'agent' })
    assert.deepEqual([status, body.name, body.role, body.version], [200, 'Wati', 'agent', 2])
    assert.equal(await statusWith(person.token, '/api/v1/users'), 200)
    assert.equal((await patch(person.id, { role: 'customer' })).status, 200)
    assert.equal(await statusWith(person.token, '/api/v1/users'), 403)
    assert.deepEqual(await eventsOf(person.id), ['user.registered 1', 'user.updated 2', 'user.updated 3'])
  })

  it('I4 changes the language that somebody is addressed in', async () => {
    const person = await karya.enrol()
    const { status, body } = await patch(person.id, { locale: 'id' })
    assert.deepEqual([status, body.locale], [200, 'id'])
    assert.equal((await patch(person.id, { name: 'Wati' })).body.locale, 'id')
    assert.equal((await patch(person.id, { locale: null })).body.locale, null)
  })

  it('C7 refuses a change and a removal of what has changed since', async () => {
    const person = await karya.enrol()
    const headers = { 'if-match': '"1"' }
    assert.equal((await patch(person.id, { name: 'One' }, { headers })).status, 200)
    const stale = await patch(person.id, { name: 'Two' }, { headers })
    assert.deepEqual([stale.status, stale.body.current_version], [412, 2])
    const removal = await karya.ask('DELETE', `/api/v1/users/${person.id}`, { token, headers })
    assert.equal(removal.status, 412)
    assert.equal(await statusWith(person.token), 200)
  })

  it('I4 stops every token of a disabled user at once', async () => {
    const person = await karya.enrol()
    const machine = await apiTokenOf(person, ['profile:read'])
    assert.deepEqual([await statusWith(person.token), await statusWith(machine)], [200, 200])
    const { body } = await patch(person.id, { disabled: true })
    assert.equal(body.disabled, true)
    assert.deepEqual([await statusWith(person.token), await statusWith(machine)], [401, 401])
    const refreshed = await karya.ask('POST', '/api/v1/auth/refresh', {
      body: { refresh_token: person.refreshToken },
    })
    assert.equal(refreshed.status, 401)
    assert.deepEqual(await eventsOf(person.id), ['user.registered 1', 'user.disabled 2'])

    assert.equal((await patch(person.id, { disabled: false })).body.disabled, false)
    assert.equal(await statusWith(person.token), 401, 'the old session stays ended')
    const again = await karya.ask('POST', '/api/v1/auth/login', {
      body: { email: person.email, password: PASSWORD },
    })
    assert.equal(again.status, 200)
  })

  it('I6 takes from an API token at once what its maker loses', async () => {
    const manager = await karya.enrol('production_manager')
    const machine = await apiTokenOf(manager, ['users:read', 'profile:read'])
    assert.equal(await statusWith(machine, '/api/v1/users'), 200)
    assert.equal((await patch(manager.id, { role: 'customer' })).status, 200)
    assert.equal(await statusWith(machine, '/api/v1/users'), 403)
    assert.equal(await statusWith(machine), 200)
  })

  it('I4 removes an account with its tokens, and tells of it', async () => {
    const person = await karya.enrol()
    const machine = await apiTokenOf(person, ['profile:read'])
    assert.deepEqual([await statusWith(person.token), await statusWith(machine)], [200, 200])
    const { status } = await karya.ask('DELETE', `/api/v1/users/${person.id}`, { token })
    assert.equal(status, 204)
    assert.deepEqual([await statusWith(person.token), await statusWith(machine)], [401, 401])
    assert.equal(await statusWith(token, `/api/v1/users/${person.id}`), 404)
    assert.deepEqual(await eventsOf(person.id), ['user.registered 1', 'user.deleted 2'])
  })

  it('I4 keeps the last administrator', async () => {
    const { id } = karya.administrator
    for (const change of [{ disabled: true }, { role: 'customer' }]) {
      const { status, body } = await patch(id, change)
      assert.deepEqual([status, body.code], [409, 'last_administrator'])
    }
    const removal = await karya.ask('DELETE', `/api/v1/users/${id}`, { token })
    assert.equal(removal.status, 409)
    assert.equal((await patch(id, { name: 'Still here' })).status, 200)
    const disabled = await karya.enrol('admin')
    assert.equal((await patch(disabled.id, { disabled: true })).status, 200)
    assert.equal((await patch(id, { role: 'agent' })).status, 409, 'a disabled one does not count')
  })

  it('I4 keeps one of two administrators who demote each other at once', async () => {
    for (let round = 0; round < 3; round += 1) {
      const other = await karya.enrol('admin')
      const answers = await Promise.all([
        patch(other.id, { role: 'customer' }),
        patch(karya.administrator.id, { role: 'customer' }, { by: other.token }),
      ])
      const statuses = answers.map(({ status }) => status)
      assert.equal(statuses.filter((status) => status === 200).length, 1, statuses.join())
      const left = await karya.db
        .selectFrom('users')
        .select('id')
        .where('role', '=', 'admin')
        .where('disabled_at', 'is', null)
        .execute()
      assert.equal(left.length, 1)
      if (left[0]?.id === other.id) {
        const back = await patch(karya.administrator.id, { role: 'admin' }, { by: other.token })
        assert.equal(back.status, 200)
        assert.equal((await patch(other.id, { role: 'customer' })).status, 200)
      }
    }
  })
})
