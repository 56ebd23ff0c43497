import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { formOf, samples } from '#tests/file-samples'
import type { Answer, Person } from '#tests/test-app'
import type { Rework } from './rework-schemas.ts'
import { NOBODY, startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'

onEach(engines, 'what is made again for a ticket', (backend) => {
  let desk: TestDesk
  before(async () => {
    // The work orders are those that the test tells of.
    desk = await startTestDesk(backend, { environment: { KARYA_MODULES: 'identity,tickets' } })
  })
  after(async () => await desk.stop())

  const request = async (id: string, body: object, by: Person = desk.agent): Promise<Answer> =>
    await desk.ask('POST', `${TICKETS}/${id}/rework`, { token: by.token, body })
  const readRework = async (id: string): Promise<Rework> =>
    (await desk.ask('GET', `${TICKETS}/${id}/rework`, { token: desk.agent.token })).body

  type Told = { readonly id: string; readonly version: number; readonly facts?: object }
  let count = 0
  /** Has the log tell of a work order as the module that makes them does. */
  async function tell(type: string, { id, version, facts = {} }: Told): Promise<void> {
    const data = { id, number: 'WO-20261121-001', product_name: 'Gayo', quantity: 2, ...facts }
    await desk.db
      .insertInto('outbox')
      .values({
        id: systemIds.next(),
        type,
        subject: `work_order/${id}`,
        record_version: version,
        data: JSON.stringify(data),
        actor_id: null,
        traceparent: null,
        occurred_at: desk.clock.now(),
        position: null,
      })
      .execute()
    count += 1
  }
  /** Resolves when all of them have been heard of. */
  async function heard(): Promise<void> {
    // The next thing that the server does wakes the relay.
    await desk.openTicket()
    await eventually(
      async () =>
        await desk.db
          .selectFrom('inbox')
          .select('event_id')
          .where('consumer', '=', 'tickets.rework')
          .execute(),
      (rows) => rows.length === count,
    )
  }

  it('D8 is asked for by the desk, with product, quantity and the files that show what is wrong', async () => {
    const { id } = await desk.openTicket()
    const form = formOf({ filename: 'cacat.png', content: samples['image/png'] })
    const sent = await desk.app.http.inject({
      method: 'POST',
      url: `${TICKETS}/${id}/attachments`,
      headers: { ...form.headers, authorization: `Bearer ${desk.customer.token}` },
      payload: form.body,
    })
    const fileId: string = sent.json().files[0].id
    const body = {
      product_id: NOBODY,
      product_name: 'Gayo',
      quantity: 2,
      notes: ' Ulang ',
      file_ids: [fileId],
    }
    assert.equal((await request(id, body, desk.customer)).status, 403)
    const asked = await request(id, body)
    assert.deepEqual([asked.status, asked.body.id], [200, id], asked.text)
    const [event] = (await desk.eventsOf(id)).filter(({ type }) => type === 'ticket.rework_requested')
    const { rework, ticket_id: ticketId, number } = Object(event?.data)
    assert.deepEqual([ticketId, number], [id, asked.body.number])
    assert.deepEqual(rework, { ...body, notes: 'Ulang', deadline: null })
  })

  it('D8 is refused without a product, with files of other tickets, and for a ticket that has ended', async () => {
    const { id } = await desk.openTicket()
    const refusals = [
      [{ quantity: 1 }, '/product_id'],
      [{ quantity: 0, product_name: 'Gayo' }, '/quantity'],
      [{ quantity: 1, product_name: 'Gayo', file_ids: [NOBODY] }, '/file_ids/0'],
    ] as const
    for (const [body, pointer] of refusals) {
      const { status, body: answer } = await request(id, body)
      assert.deepEqual([status, answer.errors[0].pointer], [400, pointer])
    }
    await desk.setStatus(id, { status: 'cancelled' })
    assert.equal((await request(id, { quantity: 1, product_name: 'Gayo' })).body.code, 'ticket_ended')
    assert.equal((await desk.eventsOf(id)).length, 2)
  })

  it('D8 is linked to its ticket, and proposes a solution once it is done', async () => {
    const ticket = await desk.openTicket()
    const workOrder = systemIds.next()
    const facts = { origin: 'rework', ticket_id: ticket.id }
    await tell('work_order.created', { id: workOrder, version: 1, facts: { ...facts, status: 'pending' } })
    await heard()
    const begun = await readRework(ticket.id)
    assert.equal(begun.proposed_solution, null)
    assert.deepEqual(
      begun.work_orders.map(({ record_id: id, relation, label }) => [id, relation, label]),
      [[workOrder, 'rework', 'WO-20261121-001']],
    )
    for (const [version, status] of [
      [2, 'in_progress'],
      [3, 'completed'],
    ] as const)
      await tell('work_order.status_changed', { id: workOrder, version, facts: { ...facts, status } })
    await heard()
    const done = await readRework(ticket.id)
    assert.equal(done.proposed_solution, '2 × Gayo have been made again (work order WO-20261121-001).')
    assert.equal(done.work_orders.length, 1)
    const types = (await desk.eventsOf(ticket.id)).map(({ type }) => type)
    assert.deepEqual(types, ['ticket.created', 'ticket.linked', 'ticket.updated'])
    const solved = await desk.setStatus(ticket.id, { status: 'solved' })
    assert.equal(solved.solution, done.proposed_solution)
  })

  it('D8 changes nothing when it is told of twice, and nothing when it is not for a ticket', async () => {
    const ticket = await desk.openTicket()
    const workOrder = systemIds.next()
    const facts = { origin: 'rework', ticket_id: ticket.id, status: 'completed' }
    for (const version of [1, 2]) await tell('work_order.status_changed', { id: workOrder, version, facts })
    await tell('work_order.created', {
      id: systemIds.next(),
      version: 1,
      facts: { ...facts, origin: 'manual' },
    })
    await tell('work_order.created', {
      id: systemIds.next(),
      version: 1,
      facts: { ...facts, ticket_id: NOBODY },
    })
    await tell('work_order.created', {
      id: systemIds.next(),
      version: 1,
      facts: { ...facts, ticket_id: null },
    })
    await heard()
    assert.equal((await readRework(ticket.id)).work_orders.length, 1)
    assert.equal((await desk.read(ticket.id)).version, 3)
  })

  it('D8 goes to the ticket in which its own one goes on, and leaves one that has ended as it is', async () => {
    const [first, second] = [await desk.openTicket(), await desk.openTicket()]
    const token = desk.agent.token
    const merged = await desk.ask('POST', `${TICKETS}/${first.id}/merge`, {
      token,
      body: { into: second.id },
    })
    assert.equal(merged.status, 200, merged.text)
    const facts = { origin: 'rework', ticket_id: first.id, status: 'completed' }
    await tell('work_order.created', { id: systemIds.next(), version: 1, facts })
    const ended = await desk.openTicket()
    await desk.setStatus(ended.id, { status: 'cancelled' })
    await tell('work_order.created', {
      id: systemIds.next(),
      version: 1,
      facts: { ...facts, ticket_id: ended.id },
    })
    await heard()
    const there = await readRework(second.id)
    assert.equal(there.work_orders.length, 1)
    assert.notEqual(there.proposed_solution, null)
    assert.deepEqual((await readRework(first.id)).work_orders, [])
    const left = await readRework(ended.id)
    assert.deepEqual([left.work_orders.length, left.proposed_solution], [1, null])
  })
})
