import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { EventEnvelope } from '#platform/events/envelope'
import { systemIds } from '#platform/id'
import { createLog } from '#platform/telemetry/log'
import { createTimers } from '#platform/timers/sweep'
import type { Timers } from '#platform/timers/timer'
import { engines, onEach } from '#tests/backends'
import { createEventPlace, type EventPlace } from '#tests/event-place'
import type { WebhookTables } from './table.ts'
import { createTellWebhooks } from './tell-webhooks.ts'
import { insertWebhook } from './webhook-queries.ts'

const clock = { now: () => new Date() }

/** No server and no sweep: what the consumer leaves behind stays as it is. */
onEach(engines, 'noting what is to be sent to webhooks', (backend) => {
  let at: EventPlace
  before(async () => {
    at = await createEventPlace(backend)
  })
  after(async () => await at.remove())

  const database = () => at.database.db.withTables<WebhookTables>()

  async function addWebhook(eventTypes: string[]): Promise<string> {
    const id = systemIds.next()
    const now = clock.now()
    await transaction<WebhookTables, unknown>(
      database(),
      systemCall,
      async (trx) =>
        await insertWebhook(trx, {
          id,
          url: 'https://hook.example/',
          event_types: eventTypes,
          description: null,
          sealed_secret: 'sealed',
          disabled_at: null,
          disabled_reason: null,
          failing_since_at: null,
          paused_until_at: null,
          version: 1,
          created_at: now,
          updated_at: now,
        }),
    )
    return id
  }

  async function tell(event: EventEnvelope, timers?: Timers): Promise<void> {
    const log = createLog({ level: 'silent' })
    const consumer = createTellWebhooks({
      clock,
      ids: systemIds,
      timers: timers ?? createTimers({ db: at.database.db, clock, log }),
    })
    await transaction<WebhookTables, unknown>(
      database(),
      systemCall,
      async (trx) => await consumer.handle(event, trx),
    )
  }

  const deliveriesOf = async (event: EventEnvelope) =>
    await database()
      .selectFrom('webhook_deliveries')
      .selectAll()
      .where('event_id', '=', event.id)
      .orderBy('webhook_id')
      .execute()
  const timersOf = async (subjects: readonly string[]) =>
    await database()
      .selectFrom('timers')
      .select('subject')
      .where('kind', '=', 'webhook.send')
      .where('subject', 'in', subjects)
      .execute()

  it('E1 notes an event once for each webhook, however often it comes, one after the other or at once', async () => {
    const [one, two] = [await addWebhook(['toy.*']), await addWebhook(['*'])]
    await addWebhook(['other'])
    const event = toyEvent()
    await tell(event)
    await tell({ ...event, traceparent: 'another-time' })
    const deliveries = await deliveriesOf(event)
    assert.deepEqual(
      deliveries.map(({ webhook_id: id, state, body }) => [id, state, body]),
      [one, two].map((id) => [id, 'pending', JSON.stringify(event)]),
    )
    assert.equal((await timersOf(deliveries.map(({ id }) => id))).length, 2)

    const another = toyEvent()
    await Promise.all([tell(another), tell(another), tell(another)])
    assert.equal((await deliveriesOf(another)).length, 2)
  })

  it('E1 leaves nothing of an event whose timers cannot be set', async () => {
    await addWebhook(['toy.*'])
    const event = toyEvent()
    const timers: Timers = {
      schedule: async () => await Promise.reject(new Error('no timers today')),
      cancel: async () => {},
    }
    await assert.rejects(tell(event, timers), /no timers today/)
    assert.deepEqual(await deliveriesOf(event), [])
  })
})

function toyEvent(): EventEnvelope {
  const subject = `toy/${systemIds.next()}`
  return {
    specversion: '1.0',
    id: systemIds.next(),
    source: '/karya/0190a000-0000-7000-8000-000000000000',
    type: 'toy.changed',
    subject,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    dataschema: 'urn:karya:event-schema:toy.changed',
    position: 1,
    recordversion: 1,
    data: { subject },
  }
}
