import { knownWord } from '#platform/database/words'
import type { DeliveryRow } from './delivery-queries.ts'
import type { NotificationRow } from './notification-queries.ts'
import { type Delivery, deliveryStates, type Notification } from './schemas.ts'

/** Rows as they go over the wire. */

export function toNotification(row: NotificationRow): Notification {
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    body: row.body,
    subject: row.subject,
    read_at: row.read_at?.toISOString() ?? null,
    version: row.version,
    created_at: row.created_at.toISOString(),
  }
}

/** What was written is the customer's affair, and stays out of the answer. */
export function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    channel: row.channel,
    kind: row.kind,
    recipient: row.recipient,
    title: row.title,
    state: knownWord(deliveryStates, row.state, `the delivery ${row.id}`),
    attempts: row.attempts,
    last_error: row.last_error,
    version: row.version,
    created_at: row.created_at.toISOString(),
    sent_at: row.sent_at?.toISOString() ?? null,
  }
}
