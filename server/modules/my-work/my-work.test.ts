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
