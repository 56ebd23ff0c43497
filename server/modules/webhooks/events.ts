import type { NewEvent } from '#platform/events/outbox'
import { toWebhook } from './views.ts'
import type { WebhookRow } from './webhook-queries.ts'

/** For the audit. The address is in it, for those who administer accounts; the secret never is. */
export function webhookEvent(
  what: 'created' | 'updated' | 'deleted' | 'disabled',
  row: WebhookRow,
): NewEvent {
  return {
    type: `webhook.${what}`,
    subject: `webhook/${row.id}`,
    recordVersion: row.version,
    data: { ...toWebhook(row) },
  }
}
