import type { Transaction } from 'kysely'
import { defineConsumer, type EventConsumer } from '#platform/events/consumer'
import { insertDeliveryOnce } from './delivery-queries.ts'
import { SEND_TIMER, type WebhookParts } from './parts.ts'
import { isMeant } from './rules.ts'
import type { WebhookTables } from './table.ts'
import { listEnabledWebhooks, type WebhookRow } from './webhook-queries.ts'

type Parts = Pick<WebhookParts, 'clock' | 'ids' | 'timers'>

/** Has every event sent to the webhooks that are to hear of it, in the bytes that it has now. */
export function createTellWebhooks({ clock, ids, timers }: Parts): EventConsumer {
  /** One look for all the events that take effect in one transaction. */
  const looks = new WeakMap<object, Promise<WebhookRow[]>>()

  async function findEnabled(trx: Transaction<WebhookTables>): Promise<WebhookRow[]> {
    // Every typed view of a transaction has the same executor.
    const executor = trx.getExecutor()
    const look = looks.get(executor) ?? listEnabledWebhooks(trx)
    looks.set(executor, look)
    return await look
  }

  return defineConsumer<WebhookTables>({
    name: 'webhooks',
    types: ['*'],
    async handle(event, trx) {
      const webhooks = await findEnabled(trx)
      const meant = webhooks.filter((webhook) =>
        isMeant({ eventTypes: webhook.event_types, createdAt: webhook.created_at }, event),
      )
      if (meant.length === 0) return
      const body = JSON.stringify(event)
      const now = clock.now()
      for (const webhook of meant) {
        const id = ids.next()
        const isNew = await insertDeliveryOnce(trx, {
          id,
          webhook_id: webhook.id,
          event_id: event.id,
          event_type: event.type,
          body,
          state: 'pending',
          attempts: 0,
          last_status: null,
          last_error: null,
          last_answer: null,
          begun_at: now,
          last_attempt_at: null,
          next_attempt_at: now,
          delivered_at: null,
          version: 1,
          created_at: now,
        })
        if (isNew) await timers.schedule(trx, { kind: SEND_TIMER, subject: id, dueAt: now })
      }
    },
  })
}
