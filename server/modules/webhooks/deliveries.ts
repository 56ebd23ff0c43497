import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { changeDeliveries, listDeliveries, lockDelivery } from './delivery-queries.ts'
import { refuse } from './errors.ts'
import { ASKED_FOR, SEND_TIMER, type WebhookParts } from './parts.ts'
import type { WebhookDelivery, WebhookDeliveryQuery } from './schemas.ts'
import { toWebhookDelivery } from './views.ts'
import { findWebhook, lockWebhook } from './webhook-queries.ts'

export type WebhookDeliveries = ReturnType<typeof createWebhookDeliveries>

/** What was sent to a webhook, or is still to be. */
export function createWebhookDeliveries({
  db,
  clock,
  timers,
}: Pick<WebhookParts, 'db' | 'clock' | 'timers'>) {
  return {
    async listDeliveries(webhookId: string, query: WebhookDeliveryQuery) {
      if ((await findWebhook(db, webhookId)) === undefined) throw refuse('webhook_not_found')
      const page = await listDeliveries(db, {
        webhookId,
        state: query.state,
        request: toPageRequest(query),
      })
      return presentPage(page, toWebhookDelivery)
    },

    /** Sends the same bytes with the same event id again, at once, whatever has become of them before. */
    async redeliver(
      call: Call<WebhookDelivery>,
      { webhookId, deliveryId }: { readonly webhookId: string; readonly deliveryId: string },
    ): Promise<WebhookDelivery> {
      return await transaction(db, call, async (trx) => {
        const webhook = await lockWebhook(trx, webhookId)
        if (webhook === undefined) throw refuse('webhook_not_found')
        const row = await lockDelivery(trx, deliveryId)
        if (row?.webhook_id !== webhookId) throw refuse('webhook_delivery_not_found')
        checkVersion(call, row)
        if (webhook.disabled_at !== null) throw refuse('webhook_is_disabled')
        const now = clock.now()
        const change = {
          state: 'pending',
          attempts: 0,
          begun_at: now,
          next_attempt_at: now,
          delivered_at: null,
        }
        await changeDeliveries(trx, [deliveryId], change)
        await timers.schedule(trx, { kind: SEND_TIMER, subject: deliveryId, dueAt: now, data: ASKED_FOR })
        return toWebhookDelivery({ ...row, ...change, version: row.version + 1 })
      })
    },
  }
}
