import { knownWord } from '#platform/database/words'
import type { DeliveryRow } from './delivery-queries.ts'
import { deliveryStates, disabledReasons, type Webhook, type WebhookDelivery } from './schemas.ts'
import type { WebhookRow } from './webhook-queries.ts'

/** Rows as they go over the wire; the secret is in none of them. */

export function toWebhook(row: WebhookRow): Webhook {
  return {
    id: row.id,
    url: row.url,
    event_types: row.event_types,
    description: row.description,
    enabled: row.disabled_at === null,
    disabled_at: row.disabled_at?.toISOString() ?? null,
    disabled_reason: disabledReasons.find((known) => known === row.disabled_reason) ?? null,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

export function toWebhookDelivery(row: DeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    webhook_id: row.webhook_id,
    event_id: row.event_id,
    event_type: row.event_type,
    state: knownWord(deliveryStates, row.state, `the delivery ${row.id}`),
    attempts: row.attempts,
    last_status: row.last_status,
    last_error: row.last_error,
    last_answer: row.last_answer,
    version: row.version,
    created_at: row.created_at.toISOString(),
    last_attempt_at: row.last_attempt_at?.toISOString() ?? null,
    next_attempt_at: row.next_attempt_at?.toISOString() ?? null,
    delivered_at: row.delivered_at?.toISOString() ?? null,
  }
}
