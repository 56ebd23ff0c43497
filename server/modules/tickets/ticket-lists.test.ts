import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import type { Person } from '#tests/test-app'
import type { Ticket } from './schemas.ts'
import { NOBODY, startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'

onEach(engines, 'lists of tickets', (backend) => {
  let desk: TestDesk
  let other: Person
  let watcher: Person
  let manager: Person
  /** Three of the customer's, one of somebody else's that is watched, one of the desk's for the customer. */
  let mine: readonly Ticket[]
  let watched: Ticket
  let given: Ticket

  before(async () => {
    desk = await startTestDesk(backend)
    other = await desk.enrol()
    watcher = await desk.enrol()
    manager = await desk.enrol('production_manager')
    await desk.knowEverybody()
    const open = async (fields: object, by = desk.customer) => {
      desk.clock.advance(1_000)
      return await desk.openTicket(fields, by)
    }
    mine = [
      await open({ title: 'Mesin kopi bocor', priority_id: 5 }),
      await open({ title: 'Penggiling macet 100%', priority_id: 1 }),
      await open({ title: 'Tagihan ganda', description: 'Dua kali ditagih', priority_id: 3 }),
    ]
    watched = await open({ title: 'Kulkas mati' }, other)
    given = await open({ title: 'Pompa lemah', customer_id: desk.customer.id }, desk.agent)
    await desk.db
      .insertInto('ticket_watchers')
      .values({ ticket_id: watched.id, user_id: watcher.id })
      .execute()
  })
  after(async () => await desk.stop())

  const list = async (query = '', by: Person = desk.agent) =>
    await desk.ask('GET', `${TICKETS}${query}`, { token: by.token })
  const idsOf = (tickets: readonly Ticket[]) => tickets.map(({ id }) => id)
  async function titles(query: string, by: Person = desk.agent): Promise<string[]> {
    const { status, text, body } = await list(query, by)
    assert.equal(status, 200, text)
    return body.data.map(({ title }: Ticket) => title)
  }

  it('D2 a customer sees their own, a watcher what they watch, the desk all', async () => {
    const all = [...mine, watched, given].toReversed()
    const cases: readonly (readonly [Person, readonly Ticket[]])[] = [
      [desk.agent, all],
      [desk.administrator, all],
      [desk.customer, [given, ...mine.toReversed()]],
      [other, [watched]],
      [watcher, [watched]],
      [desk.stranger, []],
      [manager, []],
    ]
    for (const [person, expected] of cases) {
      const { body } = await list('', person)
      assert.deepEqual(idsOf(body.data), idsOf(expected), person.email)
      for (const ticket of all) {
        const { status, body: read } = await desk.ask('GET', `${TICKETS}/${ticket.id}`, {
          token: person.token,
        })
        assert.equal(status, expected.includes(ticket) ? 200 : 404)
        if (status === 200) assert.equal(read.id, ticket.id)
        else assert.equal(read.code, 'ticket_not_found')
      }
    }
    assert.equal((await desk.ask('GET', TICKETS)).status, 401)
  })

  it('D2 finds by the e-mail of the creator, and never what the caller may not see', async () => {
    const email = encodeURIComponent(desk.customer.email.toUpperCase())
    assert.deepEqual(idsOf((await list(`?creator_id=${email}`)).body.data), idsOf(mine.toReversed()))
    assert.deepEqual(
      idsOf((await list(`?creator_id=${desk.customer.id}`)).body.data),
      idsOf(mine.toReversed()),
    )
    assert.deepEqual(await titles(`?creator_id=${email}`, other), [])
    assert.deepEqual(await titles('?creator_id=nobody@karya.test'), [])
    assert.deepEqual(await titles(`?customer_id=${other.id}`), ['Kulkas mati'])
  })

  it('D2 is filtered by status, priority, assignee, group, tag and words', async () => {
    const [first] = mine
    assert.ok(first)
    const now = new Date()
    const group = { id: NOBODY, name: 'Lapangan', name_key: 'lapangan', version: 1 }
    await desk.db
      .insertInto('ticket_groups')
      .values({ ...group, created_at: now, updated_at: now })
      .execute()
    const answer = await desk.ask('PATCH', `${TICKETS}/${first.id}`, {
      token: desk.agent.token,
      body: { assignee_id: desk.agent.id, group_id: NOBODY, tags: ['Mesin', 'darurat'] },
    })
    assert.equal(answer.status, 200, answer.text)
    const leaking = ['Mesin kopi bocor']
    for (const query of [
      'status=open',
      'priority_id=5',
      'assignee=me',
      `assignee=${desk.agent.id}`,
      `group_id=${NOBODY}`,
      'tag=MESIN',
      'q=KOPI+bocor',
      `q=${first.number.toLowerCase()}`,
      'status=open&tag=darurat&assignee=me',
    ])
      assert.deepEqual(await titles(`?${query}`), leaking, query)
    for (const query of [
      'status=closed',
      'assignee=me&tag=nihil',
      `group_id=${desk.agent.id}`,
      'q=tidak+ada',
    ])
      assert.deepEqual(await titles(`?${query}`), [], query)
    assert.equal((await titles('?assignee=none')).length, 4)
    assert.deepEqual(await titles('?q=100%25'), ['Penggiling macet 100%'])
    assert.deepEqual(await titles('?q=ditagih'), ['Tagihan ganda'])
    for (const query of ['status=lost', 'assignee=you', 'customer_id=1', 'page=1', 'sort=title', 'tag='])
      assert.equal((await list(`?${query}`)).status, 400, query)
  })

  it('D2 pages by page_key, which stands at the top and is the cursor', async () => {
    for (const sort of ['', '&sort=created_at', '&sort=-updated_at', '&sort=priority', '&sort=-priority']) {
      const whole = (await list(`?limit=100${sort}`)).body
      assert.equal(whole.page_key, null)
      assert.equal(whole.page.has_more, false)
      for (const name of ['page_key', 'cursor']) {
        const seen: string[] = []
        let key: string | null = ''
        while (key !== null) {
          const query: string = name === 'cursor' && key === '' ? '' : `&${name}=${key}`
          const { status, text, body } = await list(`?limit=2${sort}${query}`)
          assert.equal(status, 200, text)
          assert.equal(body.page_key, body.page.next_cursor)
          assert.equal(body.page.has_more, body.page_key !== null)
          seen.push(...idsOf(body.data))
          key = body.page_key
        }
        assert.deepEqual(seen, idsOf(whole.data), `${name} ${sort}`)
      }
    }
    const { body } = await list('?limit=1')
    assert.equal((await list(`?page_key=${body.page_key}&cursor=${body.page_key}`)).status, 200)
    const clash = await list(`?page_key=${body.page_key}&cursor=x`)
    assert.deepEqual([clash.status, clash.body.errors[0].pointer], [400, 'page_key'])
    assert.equal((await list('?page_key=1234')).status, 400)
  })

  it('D3 a ticket is read by our id, our number or the id at InvGate, by those who may see it', async () => {
    const [first] = mine
    assert.ok(first)
    await desk.db.updateTable('tickets').set({ invgate_id: '9001' }).where('id', '=', first.id).execute()
    for (const name of [first.id, first.number, first.number.toLowerCase(), '9001']) {
      for (const path of [TICKETS, '/api/tickets']) {
        const answer = await desk.ask('GET', `${path}/${name}`, { token: desk.customer.token })
        assert.deepEqual([answer.status, answer.body.id, answer.body.inv_gate_id], [200, first.id, '9001'])
      }
      const hidden = await desk.ask('GET', `${TICKETS}/${name}`, { token: desk.stranger.token })
      assert.equal(hidden.status, 404)
    }
    for (const name of [NOBODY, 'TCK-999999', '9002', 'TCK-1', first.id.toUpperCase(), 'x'.repeat(60), '%20'])
      assert.equal(
        (await desk.ask('GET', `${TICKETS}/${name}`, { token: desk.agent.token })).status,
        404,
        name,
      )
    const read = await desk.ask('GET', `${TICKETS}/9001`, {
      token: desk.agent.token,
      headers: { 'if-none-match': `"${(await desk.read(first.id)).version}"` },
    })
    assert.equal(read.status, 304)
  })
})
