import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { orderEventTypes } from './events.ts'
import { orderEvent, startTestConsumer, type TestConsumer } from './test-consumer.ts'

const DAY_MS = 24 * 60 * 60 * 1_000

onEach(engines, 'telling of orders', (backend) => {
  let at: TestConsumer
  before(async () => {
    at = await startTestConsumer(backend)
  })
  after(async () => await at.remove())

  async function seenOf(orderId: string) {
    const subject = `order/${orderId}`
    const deliveries = await at.db
      .selectFrom('deliveries')
      .selectAll()
      .where('dedupe_key', '=', `order_confirmation:${orderId}`)
      .execute()
    const notices = await at.db
      .selectFrom('notifications')
      .selectAll()
      .where('subject', '=', subject)
      .orderBy('id')
      .execute()
    const timers = await at.db
      .selectFrom('timers')
      .select('subject')
      .where('subject', 'in', ['', ...deliveries.map(({ id }) => id)])
      .execute()
    return { deliveries, notices, timers: timers.length }
  }

  it('S6 asks for one mail and one notice, however often and under whatever id the event comes', async () => {
    const { handle } = at.make()
    const orderId = systemIds.next()
    const event = orderEvent({ orderId })
    await handle(event)
    await handle(event)
    await handle({ ...event, id: systemIds.next() })
    const seen = await seenOf(orderId)
    assert.deepEqual([seen.deliveries.length, seen.notices.length, seen.timers], [1, 1, 1])
    const [delivery] = seen.deliveries
    assert.deepEqual(
      [delivery?.state, delivery?.recipient, delivery?.channel, delivery?.kind],
      ['pending', 'budi@karya.test', 'email', 'order_confirmation'],
    )
  })

  it('S6 asks for one mail and one notice when the event comes twice at once', async () => {
    const { handle } = at.make()
    for (let round = 0; round < 5; round += 1) {
      const orderId = systemIds.next()
      const event = orderEvent({ orderId })
      // One of them may lose at a unique key; the reader tries it again.
      await Promise.allSettled([handle(event), handle(event), handle(event)])
      await handle(event)
      const seen = await seenOf(orderId)
      assert.deepEqual([seen.deliveries.length, seen.notices.length, seen.timers], [1, 1, 1])
    }
  })

  it('S6 counts what a user has not read right while many orders are told of at once', async () => {
    const { handle } = at.make()
    const userId = systemIds.next()
    await Promise.all(Array.from({ length: 12 }, () => handle(orderEvent({ userId }))))
    const { unread } = await at.db
      .selectFrom('unread_counts')
      .select('unread')
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow()
    assert.equal(unread, 12)
    const told = await at.db
      .selectFrom('outbox')
      .select('data')
      .where('type', '=', 'notification.created')
      .execute()
    const counts = told
      .map(({ data }) => JSON.parse(data))
      .filter((data) => data.user_id === userId)
      .map((data) => data.unread)
    assert.deepEqual(
      counts.toSorted((a, b) => a - b),
      Array.from({ length: 12 }, (_, index) => index + 1),
    )
  })

  it('S6 tells of each step that somebody else took, and of none that the buyer took', async () => {
    const { handle } = at.make()
    const staff = systemIds.next()
    for (const type of orderEventTypes) {
      for (const byBuyer of [true, false]) {
        const [orderId, userId] = [systemIds.next(), systemIds.next()]
        await handle(orderEvent({ type, orderId, userId, actorId: byBuyer ? userId : staff }))
        const { notices, deliveries } = await seenOf(orderId)
        const isTold = type === 'order_created' || !byBuyer
        assert.deepEqual(
          notices.map((notice) => [notice.kind, notice.user_id]),
          isTold ? [[type, userId]] : [],
          `${type} by ${byBuyer ? 'the buyer' : 'staff'}`,
        )
        assert.equal(deliveries.length, type === 'order_created' ? 1 : 0)
      }
    }
  })

  it('S6 tells nobody of an order that is a week old when its event arrives', async () => {
    const { handle } = at.make()
    const ago = (ms: number) => new Date(at.clock.now().getTime() - ms)
    const cases: [number, number][] = [
      [7 * DAY_MS + 60_000, 0],
      [7 * DAY_MS - 60_000, 1],
    ]
    for (const [ageMs, expected] of cases) {
      const orderId = systemIds.next()
      await handle(orderEvent({ orderId, at: ago(ageMs) }))
      const { deliveries, notices } = await seenOf(orderId)
      assert.deepEqual([deliveries.length, notices.length], [expected, expected])
    }
  })

  it('S6 refuses an event that does not tell of an order', async () => {
    const { handle } = at.make()
    const event = orderEvent()
    await assert.rejects(handle({ ...event, data: { ...event.data, products: 'none' } }), TypeError)
    await assert.rejects(handle({ ...event, type: 'order_eaten' }), TypeError)
    await handle({ ...event, data: { ...event.data, something_new: true } })
  })

  it('S6 leaves nothing of an event whose last step fails', async () => {
    const { handle } = at.make({
      outbox: { append: async () => await Promise.reject(new Error('the outbox is broken')) },
    })
    const orderId = systemIds.next()
    await assert.rejects(handle(orderEvent({ orderId })), /outbox is broken/)
    assert.deepEqual(await seenOf(orderId), { deliveries: [], notices: [], timers: 0 })
  })
})
