import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { systemCall } from '#platform/call'
import type { PlatformTables } from '#platform/database/tables'
import { transaction } from '#platform/database/transaction'
import { systemIds } from '#platform/id'
import { type Mail, MailFailure } from '#platform/mail/mail'
import type { Complete, DueTimer } from '#platform/timers/timer'
import { engines, onEach } from '#tests/backends'
import { orderEvent, startTestConsumer, type TestConsumer } from './test-consumer.ts'

const HOUR_MS = 60 * 60 * 1_000
const DAY_MS = 24 * HOUR_MS

onEach(engines, 'sending mail', (backend) => {
  let at: TestConsumer
  before(async () => {
    at = await startTestConsumer(backend)
  })
  after(async () => await at.remove())

  const due = (subject: string): DueTimer => ({ subject, dueAt: at.clock.now(), attempt: 1, data: null })
  /** A claim that still stands. */
  const complete: Complete = async (work) => {
    await transaction<PlatformTables, unknown>(at.platform, systemCall, async (trx) => await work(trx))
    return true
  }
  /** A claim that has run out: another process has the timer. */
  const tooLate: Complete = async () => false

  async function pending(): Promise<string> {
    const orderId = systemIds.next()
    await at.make().handle(orderEvent({ orderId, at: at.clock.now() }))
    const { id } = await at.db
      .selectFrom('deliveries')
      .select('id')
      .where('dedupe_key', '=', `order_confirmation:${orderId}`)
      .executeTakeFirstOrThrow()
    return id
  }
  const deliveryOf = async (id: string) =>
    await at.db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const sending = (mailer: (mail: Mail) => Promise<void>) => at.make({ mailer }).timerKind('mail.send')
  const failing = (permanent: boolean) =>
    sending(async () => await Promise.reject(new MailFailure('450 not today', { permanent })))

  it('S6 sends once, notes it, and sends no delivery that is done or gone', async () => {
    const sent: Mail[] = []
    const kind = sending(async (mail) => void sent.push(mail))
    const id = await pending()
    await kind.handle(due(id), complete)
    await kind.handle(due(id), complete)
    await kind.handle(due(systemIds.next()), complete)
    const delivery = await deliveryOf(id)
    assert.deepEqual([delivery.state, delivery.attempts, delivery.last_error], ['sent', 1, null])
    assert.ok(delivery.sent_at)
    assert.deepEqual(
      sent.map((mail) => [mail.id, mail.to, mail.date.getTime()]),
      [[id, 'budi@karya.test', delivery.created_at.getTime()]],
    )
  })

  it('S6 notes nothing when its claim has run out', async () => {
    const id = await pending()
    await sending(async () => {}).handle(due(id), tooLate)
    assert.equal((await deliveryOf(id)).state, 'pending')
    await failing(true).handle(due(id), tooLate)
    assert.equal((await deliveryOf(id)).state, 'pending')
  })

  it('S6 does not let a late failure undo what another process has sent', async () => {
    const id = await pending()
    const slow = sending(async () => {
      await sending(async () => {}).handle(due(id), complete)
      throw new MailFailure('timed out', { permanent: false })
    })
    await assert.rejects(slow.handle(due(id), tooLate), /timed out/)
    const { state, attempts, last_error } = await deliveryOf(id)
    assert.deepEqual([state, attempts, last_error], ['sent', 1, null])
  })

  it('S6 throws at a failure that may pass, so that the timers wait, and tells of it', async () => {
    const id = await pending()
    for (const attempts of [1, 2]) {
      await assert.rejects(failing(false).handle(due(id), complete), MailFailure)
      const delivery = await deliveryOf(id)
      assert.deepEqual(
        [delivery.state, delivery.attempts, delivery.last_error],
        ['pending', attempts, '450 not today'],
      )
    }
    await sending(async () => {}).handle(due(id), complete)
    const delivery = await deliveryOf(id)
    assert.deepEqual(
      [delivery.state, delivery.attempts, delivery.last_error, delivery.failing_since_at],
      ['sent', 3, null, null],
    )
  })

  it('S6 gives up at once what will never be taken', async () => {
    const id = await pending()
    await failing(true).handle(due(id), complete)
    const { state, attempts, last_error } = await deliveryOf(id)
    assert.deepEqual([state, attempts, last_error], ['failed', 1, '450 not today'])
  })

  it('S6 gives up after a day of failures, and not for a night without power', async () => {
    const id = await pending()
    at.advance(2 * DAY_MS)
    await assert.rejects(failing(false).handle(due(id), complete), MailFailure)
    at.advance(DAY_MS - HOUR_MS)
    await assert.rejects(failing(false).handle(due(id), complete), MailFailure)
    at.advance(HOUR_MS)
    await failing(false).handle(due(id), complete)
    assert.deepEqual([(await deliveryOf(id)).state, (await deliveryOf(id)).attempts], ['failed', 3])
  })

  it('S6 shortens what a server says when it says too much', async () => {
    const id = await pending()
    const kind = sending(
      async () => await Promise.reject(new MailFailure('é'.repeat(5_000), { permanent: true })),
    )
    await kind.handle(due(id), complete)
    assert.equal((await deliveryOf(id)).last_error?.length, 1_000)
  })

  it('S6 clears away after ninety days what was read or sent, and nothing else', async () => {
    const [old, failed, open] = [await pending(), await pending(), await pending()]
    await sending(async () => {}).handle(due(old), complete)
    await failing(true).handle(due(failed), complete)
    const notices = await at.db.selectFrom('notifications').select('id').orderBy('id').execute()
    const [read = assert.fail('nobody was told'), ...unread] = notices.map(({ id }) => id)
    await at.db.updateTable('notifications').set({ read_at: at.clock.now() }).where('id', '=', read).execute()
    at.advance(90 * DAY_MS + 1_000)
    const young = await pending()
    await sending(async () => {}).handle(due(young), complete)

    let again: unknown
    const kind = at.make().timerKind('notifications.clean-up')
    assert.equal(kind.standing, 'daily')
    await kind.handle(due('daily'), async (work) => {
      await transaction<PlatformTables, unknown>(at.platform, systemCall, async (trx) => {
        again = await work(trx)
      })
      return true
    })
    const kept = new Set((await at.db.selectFrom('deliveries').select('id').execute()).map(({ id }) => id))
    assert.deepEqual(
      [old, failed, open, young].map((id) => kept.has(id)),
      [false, true, true, true],
    )
    const left = (await at.db.selectFrom('notifications').select('id').execute()).map(({ id }) => id)
    assert.ok(!left.includes(read))
    assert.ok(unread.every((id) => left.includes(id)))
    const next = typeof again === 'object' && again !== null && 'again' in again ? again.again : null
    assert.ok(next instanceof Date && Math.abs(next.getTime() - at.clock.now().getTime() - DAY_MS) < 60_000)
  })
})
