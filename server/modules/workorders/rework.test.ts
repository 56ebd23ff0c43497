import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { createBusinessDays } from '#platform/business-days'
import type { EventConsumer } from '#platform/events/consumer'
import { type EventEnvelope, toEnvelope } from '#platform/events/envelope'
import { createOutbox } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { createReworkConsumer } from './rework.ts'
import { NOBODY, startTestFloor, type TestFloor } from './test-floor.ts'

const TICKET = { ticket_id: NOBODY, number: 'TCK-000042' }
const NOTHING = { product_id: null, product_name: null, deadline: null, notes: null, file_ids: [] }

onEach(engines, 'what the desk wants mended', (backend) => {
  let floor: TestFloor
  let consumer: EventConsumer
  before(async () => {
    floor = await startTestFloor(backend, { environment: { KARYA_MODULES: 'identity,workorders' } })
    const { clock, db } = floor
    consumer = createReworkConsumer({
      db,
      clock,
      ids: systemIds,
      outbox: createOutbox({ clock, ids: systemIds, traceparent: () => null }),
      timers: { schedule: async () => {}, cancel: async () => {} },
      businessDays: createBusinessDays('Asia/Jakarta'),
    })
  })
  after(async () => await floor.stop())

  function requested(rework: object): EventEnvelope {
    return toEnvelope(
      {
        id: systemIds.next(),
        type: 'ticket.rework_requested',
        subject: `ticket/${NOBODY}`,
        record_version: 2,
        data: JSON.stringify({ ...TICKET, rework: { ...NOTHING, quantity: 1, ...rework } }),
        actor_id: floor.manager.id,
        traceparent: null,
        occurred_at: floor.clock.now(),
        position: 1,
      },
      NOBODY,
    )
  }
  const tell = async (event: EventEnvelope) =>
    await floor.db.transaction().execute(async (trx) => await consumer.handle(event, trx))
  async function ordersOf({ id }: EventEnvelope) {
    return await floor.db.selectFrom('work_orders').selectAll().where('request_id', '=', id).execute()
  }

  it('E1 has one order for a request, however often it is told of', async () => {
    const event = requested({ product_name: 'Meja', file_ids: [NOBODY] })
    await tell(event)
    await tell(event)
    const [order, ...others] = await ordersOf(event)
    assert.deepEqual(
      [order?.origin, order?.product_name, order?.ticket_number, others],
      ['rework', 'Meja', TICKET.number, []],
    )
    const comments = await floor.db
      .selectFrom('work_order_comments')
      .select(['author_id', 'file_ids'])
      .where('work_order_id', '=', order?.id ?? '')
      .execute()
    assert.deepEqual(comments, [{ author_id: floor.manager.id, file_ids: JSON.stringify([NOBODY]) }])
  })

  it('E1 has one order when it is told of at once by two', async () => {
    const event = requested({ product_name: 'Meja' })
    await Promise.allSettled([tell(event), tell(event)])
    assert.equal((await ordersOf(event)).length, 1)
  })

  it('D8 is called by the ticket where nobody knows the product, and is due in a week', async () => {
    const event = requested({ product_id: NOBODY })
    await tell(event)
    const [order] = await ordersOf(event)
    assert.deepEqual([order?.product_id, order?.product_name], [null, TICKET.number])
    const days = Math.floor(((order?.deadline_at.getTime() ?? 0) - floor.clock.now().getTime()) / 86_400_000)
    assert.equal(days, 7)
  })

  it('D8 is due when the desk says', async () => {
    const deadline = '2031-02-03T04:05:06.000Z'
    const event = requested({ product_name: 'Meja', deadline })
    await tell(event)
    assert.equal((await ordersOf(event))[0]?.deadline_at.toISOString(), deadline)
  })

  it('D8 throws on what is no request, so that somebody looks at it', async () => {
    const event = requested({ quantity: 0 })
    await assert.rejects(async () => await tell(event))
    assert.deepEqual(await ordersOf(event), [])
  })
})
