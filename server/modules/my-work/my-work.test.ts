import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { createBusinessDays } from '#platform/business-days'
import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { EventEnvelope } from '#platform/events/envelope'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { type Person, startTestApp, type TestApp } from '#tests/test-app'
import { createWorkConsumer, type MyWorkTables } from './index.ts'
import type { WorkItem } from './schemas.ts'

const call: Call<unknown> = systemCall

onEach(engines, 'my work', (backend) => {
  let app: TestApp
  let agent: Person
  let operator: Person
  let buyer: Person
  before(async () => {
    app = await startTestApp(backend, { environment: { ACCESS_TOKEN_TTL: '1d' } })
    agent = await app.enrol('agent')
    operator = await app.enrol('operator')
    buyer = await app.enrol()
    await eventually(
      async () =>
        await app.db
          .withTables<{ people: { id: string } }>()
          .selectFrom('people')
          .select('id')
          .where('id', 'in', [agent.id, operator.id, buyer.id])
          .execute(),
      (known) => known.length === 3,
    )
  })
  after(async () => await app.stop())

  async function must(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body: object | null,
    by: Person,
  ) {
    const answer = await app.ask(method, `/api/v1${path}`, {
      token: by.token,
      ...(body === null ? {} : { body }),
    })
    assert.ok(answer.status < 300, answer.text)
    return answer.body
  }
  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()
  const workOf = async (person: Person, query = ''): Promise<readonly WorkItem[]> =>
    (await app.ask('GET', `/api/v1/my-work?limit=100${query}`, { token: person.token })).body.data
  /** Waits until the list is so, told by kinds and titles. */
  async function works(person: Person, expected: readonly (readonly [string, string])[], query = '') {
    const seen = async () => (await workOf(person, query)).map(({ kind, title }) => [kind, title])
    const found = await eventually(seen, (list) => JSON.stringify(list) === JSON.stringify(expected)).catch(
      seen,
    )
    assert.deepEqual(found, expected)
  }

  it('T1 lists tasks, tickets, work orders and orders of the caller by their real deadlines', async () => {
    await must('POST', '/tasks', { title: 'Nanti', due_at: inHours(30) }, operator)
    await must(
      'POST',
      '/tasks',
      { title: 'Kedaluwarsa', due_at: inHours(40), expires_at: inHours(2) },
      operator,
    )
    const given = { title: 'Dari kantor', due_at: inHours(20), assignee_id: operator.id }
    const task = await must('POST', '/tasks', given, agent)
    const work = {
      product_name: 'Kursi',
      quantity: 3,
      deadline: inHours(10),
      operator_id: operator.id,
    }
    const order = await must('POST', '/workorders', work, app.administrator)
    await works(operator, [
      ['task', 'Kedaluwarsa'],
      ['work_order', 'Kursi'],
      ['task', 'Dari kantor'],
      ['task', 'Nanti'],
    ])
    assert.deepEqual(await workOf(agent, '&kind=task'), [])
    const [, item] = await workOf(operator)
    assert.ok(item)
    assert.deepEqual(
      [item.id, item.number, item.status, item.url, item.shared, item.overdue],
      [order.id, order.number, 'pending', `/api/v1/workorders/${order.id}`, false, false],
    )
    await works(operator, [['work_order', 'Kursi']], '&kind=work_order')
    await works(operator, [['task', 'Kedaluwarsa']], `&due_before=${inHours(5)}`)
    await must('PATCH', `/tasks/${task.id}`, { status: 'done' }, operator)
    await must('PUT', `/workorders/${order.id}/status`, { status: 'cancelled' }, app.administrator)
    await works(operator, [
      ['task', 'Kedaluwarsa'],
      ['task', 'Nanti'],
    ])
  })

  it('T1 has a ticket with the desk, its agent and its customer in turn', async () => {
    const ticket = await must('POST', '/tickets', { title: 'Bocor', description: 'Air' }, buyer)
    const isIn = (title: string) => (list: readonly WorkItem[]) => list.some((each) => each.title === title)
    const isOut = (title: string) => (list: readonly WorkItem[]) => !isIn(title)(list)
    const queue = await eventually(async () => await workOf(agent, '&kind=ticket'), isIn('Bocor'))
    assert.deepEqual([queue[0]?.shared, queue[0]?.priority], [true, 'medium'])
    const other = await app.enrol('agent')
    await eventually(
      async () =>
        await app.db
          .withTables<{ people: { id: string } }>()
          .selectFrom('people')
          .select('id')
          .where('id', '=', other.id)
          .execute(),
      (known) => known.length === 1,
    )
    await must('PATCH', `/tickets/${ticket.id}`, { assignee_id: other.id }, agent)
    await eventually(async () => await workOf(agent, '&kind=ticket'), isOut('Bocor'))
    assert.ok(isIn('Bocor')(await workOf(other)))
    await must('PUT', `/tickets/${ticket.id}/status`, { status: 'solved', solution: 'Diganti' }, other)
    await eventually(async () => await workOf(buyer, '&kind=ticket'), isIn('Bocor'))
    assert.ok(isOut('Bocor')(await workOf(other)))
    await must('POST', `/tickets/${ticket.id}/accept`, { rating: 5 }, buyer)
    await eventually(async () => await workOf(buyer, '&kind=ticket'), isOut('Bocor'))
  })

  it('T1 has a ticket by the earlier of what its clocks have still to come', async () => {
    const sla = '/tickets/sla'
    const by = app.administrator
    const week = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
    const hours = Object.fromEntries(week.map((day) => [day, [{ from: '00:00', to: '24:00' }]]))
    await must('PUT', `${sla}/hours`, { hours }, by)
    for (const days of [0, 1]) {
      const day = new Date(app.clock.now().getTime() + days * 86_400_000)
      const name = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Jakarta' }).format(day)
      await app.ask('DELETE', `/api/v1${sla}/holidays/${name}`, { token: by.token })
    }
    const targets = { first_response_minutes: 60, resolution_minutes: 240 }
    const policy = await must('POST', `${sla}/policies`, { name: 'Bocor', category_id: 7, ...targets }, by)
    const inMinutes = (minutes: number) => new Date(app.clock.now().getTime() + minutes * 60_000)
    const meeting = { title: 'Rapat', due_at: inMinutes(120).toISOString() }
    await must('POST', '/tasks', meeting, agent)
    const leak = { title: 'Pipa', description: 'Air', category_id: 7 }
    const ticket = await must('POST', '/tickets', leak, buyer)
    const itemOf = async (person: Person, title = 'Pipa') =>
      (await workOf(person)).find((each) => each.title === title)
    const dueOf = async (clock: 'first_response' | 'resolution') => {
      const url = `/api/v1/tickets/${ticket.id}/sla`
      const { clocks } = (await app.ask('GET', url, { token: agent.token })).body
      return clocks.find(({ kind }: { kind: string }) => kind === clock).due_at
    }

    const meetingLast = [
      ['ticket', 'Pipa'],
      ['task', 'Rapat'],
    ] as const
    const meetingFirst = meetingLast.toReversed()
    await works(agent, meetingLast)
    assert.equal((await itemOf(agent))?.due_at, await dueOf('first_response'))
    await works(agent, [['ticket', 'Pipa']], `&due_before=${inMinutes(90).toISOString()}`)
    await must('POST', `/tickets/${ticket.id}/messages`, { text: 'Kami periksa' }, agent)
    await works(agent, meetingFirst)
    const due = await dueOf('resolution')
    assert.equal((await itemOf(agent))?.due_at, due)

    await must(
      'PUT',
      `/tickets/${ticket.id}/status`,
      { status: 'pending', pending_reason: 'customer' },
      agent,
    )
    await works(agent, [['task', 'Rapat']])
    assert.deepEqual((await itemOf(buyer))?.due_at, null)
    app.clock.advance(30 * 60_000)
    await must('POST', `/tickets/${ticket.id}/messages`, { text: 'Silakan' }, buyer)
    await works(agent, meetingFirst)
    const item = await itemOf(agent)
    assert.ok(Date.parse(item?.due_at ?? '') - Date.parse(due) >= 30 * 60_000)
    assert.equal(item?.overdue, false)
    app.clock.advance(240 * 60_000)
    assert.equal((await itemOf(agent))?.overdue, true)

    await must('POST', '/tickets', { ...leak, title: 'Keran' }, buyer)
    const isSeen = await eventually(
      async () => await itemOf(agent, 'Keran'),
      (each) => each !== undefined,
    )
    assert.equal(isSeen?.overdue, false)
    await must('PUT', `${sla}/policies/${policy.id}`, { first_response_minutes: 1 }, by)
    app.clock.advance(61_000)
    // The ticket does not tell of it; its clock does, when the time that the new policy gives is over.
    await eventually(
      async () => await itemOf(agent, 'Keran'),
      (each) => each?.overdue === true,
    )
  })

  it('T1 has an order with its buyer until it is paid, then with those who send it', async () => {
    const category = await must('POST', '/categories', { name: 'Kopi' }, app.administrator)
    const product = await must(
      'POST',
      '/products',
      { name: 'Kopi Gayo', price: 100, stock: 5, category_id: category.id },
      app.administrator,
    )
    const order = await must('POST', '/transactions', { products: [{ id: product.id, qty: 2 }] }, buyer)
    await works(buyer, [['order', '2 × Kopi Gayo']], '&kind=order')
    const [held] = await workOf(buyer, '&kind=order')
    assert.equal(held?.due_at, order.hold_until)
    await must('POST', `/transactions/${order.id}/payments`, { method: 'transfer', amount: 200 }, buyer)
    await works(agent, [['payment', 'transfer']], '&kind=payment')
    const [waiting] = await workOf(agent, '&kind=payment')
    await must('POST', `/payments/${waiting?.id}/confirm`, null, agent)
    await works(agent, [['order', '2 × Kopi Gayo']], '&kind=order')
    await works(buyer, [], '&kind=order')
    await works(agent, [], '&kind=payment')
    await must('PUT', `/transactions/${order.id}/status`, { status: 'processing' }, agent)
    await must('PUT', `/transactions/${order.id}/status`, { status: 'shipped' }, agent)
    await works(agent, [], '&kind=order')
  })

  it('T4 T5 keeps the latest of what it heard, in whatever order and however often', async () => {
    const consumer = createWorkConsumer(createBusinessDays('Asia/Jakarta'))
    const id = systemIds.next()
    const told = (version: number, fields: object): EventEnvelope => ({
      specversion: '1.0',
      id: systemIds.next(),
      source: '/karya/elsewhere',
      type: 'task.updated',
      dataschema: 'urn:karya:event-schema:task.updated',
      subject: `task/${id}`,
      time: new Date(1_700_000_000_000 + version).toISOString(),
      datacontenttype: 'application/json',
      recordversion: version,
      position: version,
      data: {
        task_id: id,
        title: `Versi ${version}`,
        status: 'open',
        priority: 'normal',
        owner_id: buyer.id,
        assignee_id: null,
        due_at: null,
        expires_at: null,
        ...fields,
      },
    })
    const hear = async (event: EventEnvelope) =>
      await transaction(app.app.database.db, call, async (trx) => await consumer.handle(event, trx))
    const [first, second, third] = [told(1, {}), told(2, { owner_id: agent.id }), told(3, { status: 'done' })]
    for (const event of [second, first, second]) await hear(event)
    const row = async () =>
      await app.db
        .withTables<MyWorkTables>()
        .selectFrom('work_items')
        .leftJoin('work_item_people', 'item_id', 'work_items.id')
        .select(['title', 'version', 'user_id', 'closed_at'])
        .where('work_items.id', '=', id)
        .execute()
    assert.deepEqual(await row(), [{ title: 'Versi 2', version: 2, user_id: agent.id, closed_at: null }])
    for (const event of [third, first, second]) await hear(event)
    const [last] = await row()
    assert.deepEqual([last?.title, last?.user_id, last?.closed_at === null], ['Versi 3', null, false])
  })
})
