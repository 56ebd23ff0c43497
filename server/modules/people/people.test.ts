import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { type Person, startTestApp, type TestApp } from '#tests/test-app'

const URL = '/api/v1/people'
const NOBODY = '01890000-0000-7000-8000-000000000000'

onEach(engines, 'people', (backend) => {
  let karya: TestApp
  let agent: Person

  before(async () => {
    karya = await startTestApp(backend)
    agent = await karya.enrol('agent')
  })
  after(async () => await karya.stop())

  async function read(id: string, by = agent, headers: Record<string, string> = {}) {
    return await karya.ask('GET', `${URL}/${id}`, { token: by.token, headers })
  }

  async function list(query: string) {
    const answer = await karya.ask('GET', `${URL}?${query}`, { token: agent.token })
    assert.equal(answer.status, 200, answer.text)
    return answer.body
  }

  async function change(id: string, body: object): Promise<void> {
    const { token } = karya.administrator
    const answer = await karya.ask('PATCH', `/api/v1/users/${id}`, { token, body })
    assert.equal(answer.status, 200, answer.text)
  }

  /** Answers once the copy has got so far. */
  async function until(id: string, version: number) {
    return await eventually(
      async () => await read(id),
      ({ body }) => body.version >= version,
    )
  }

  it('T5 knows who has registered, and what has changed since', async () => {
    const person = await karya.enrol('operator')
    const { body, headers } = await until(person.id, 1)
    assert.deepEqual(body, {
      id: person.id,
      name: 'A operator',
      lastname: null,
      email: person.email,
      role: 'operator',
      disabled: false,
      version: 1,
    })
    assert.equal(headers['etag'], '"1"')
    assert.equal((await read(person.id, agent, { 'if-none-match': '"1"' })).status, 304)
    await change(person.id, { name: 'Budi', lastname: 'Santoso', disabled: true })
    const changed = await until(person.id, 2)
    assert.deepEqual(
      [changed.body.name, changed.body.lastname, changed.body.disabled],
      ['Budi', 'Santoso', true],
    )
  })

  it('F6 knows the administrator of the first start', async () => {
    const { body } = await until(karya.administrator.id, 1)
    assert.equal(body.role, 'admin')
  })

  it('T5 lists by name, by role and by what is in their names, page by page', async () => {
    const people = [
      await karya.enrol('operator'),
      await karya.enrol('operator'),
      await karya.enrol('operator'),
    ]
    for (const [index, { id }] of people.entries()) {
      await change(id, { name: `Zainal ${3 - index}`, lastname: '50%_Off' })
      await until(id, 2)
    }
    const seen: string[] = []
    let cursor = ''
    do {
      const { data, page } = await list(`role=operator&q=ZAINAL&limit=2${cursor}`)
      seen.push(...data.map(({ name }: { name: string }) => name))
      cursor = page.next_cursor === null ? '' : `&cursor=${encodeURIComponent(page.next_cursor)}`
      assert.equal(page.has_more, cursor !== '')
    } while (cursor !== '')
    assert.deepEqual(seen, ['Zainal 1', 'Zainal 2', 'Zainal 3'])
    assert.equal((await list(`q=${encodeURIComponent('50%_o')}`)).data.length, 3)
    assert.equal((await list(`q=${encodeURIComponent('50_%')}`)).data.length, 0)
    assert.equal((await list('role=agent&q=zainal')).data.length, 0)
    assert.equal((await list(`q=${people[0]?.email.toUpperCase()}`)).data[0]?.id, people[0]?.id)
  })

  it('T5 shows nobody who is deleted, and nobody whom there is not', async () => {
    const person = await karya.enrol()
    await until(person.id, 1)
    const { token } = karya.administrator
    assert.equal((await karya.ask('DELETE', `/api/v1/users/${person.id}`, { token })).status, 204)
    const gone = await eventually(
      async () => await read(person.id),
      ({ status }) => status === 404,
    )
    assert.equal(gone.body.code, 'person_not_found')
    assert.deepEqual((await list(`q=${person.email}`)).data, [])
    for (const id of [NOBODY, 'x']) assert.equal((await read(id)).status, 404)
  })

  it('F11 is for staff', async () => {
    for (const [role, expected] of [
      ['customer', 403],
      ['operator', 403],
      ['production_manager', 200],
      ['admin', 200],
    ] as const) {
      const by = await karya.enrol(role)
      const answer = await karya.ask('GET', URL, { token: by.token })
      assert.equal(answer.status, expected, role)
      await until(by.id, 1)
      assert.equal((await read(by.id, by)).status, expected, role)
    }
    assert.equal((await karya.ask('GET', URL)).status, 401)
  })

  it('C5 refuses a filter that there is not', async () => {
    for (const query of ['name=x', 'role=', 'limit=0', 'limit=101', 'cursor=x', 'sort=name', 'page=1']) {
      const { status } = await karya.ask('GET', `${URL}?${query}`, { token: agent.token })
      assert.equal(status, 400, query)
    }
  })

  it('T5 forgets ended sessions when no token of theirs can be about', async () => {
    const person = await karya.enrol()
    assert.equal((await karya.ask('POST', '/api/v1/auth/logout', { token: person.token })).status, 204)
    const db = karya.app.database.db.withTables<{ ended_sessions: { user_id: string } }>()
    const count = async () =>
      (await db.selectFrom('ended_sessions').selectAll().where('user_id', '=', person.id).execute()).length
    await eventually(count, (found) => found === 1)
    karya.clock.advance(32 * 24 * 60 * 60 * 1_000)
    await eventually(count, (found) => found === 0, 15_000)
  })
})
