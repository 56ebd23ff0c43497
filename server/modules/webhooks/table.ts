import type { PlatformTables } from '#platform/database/tables'

export type WebhookTable = {
  id: string
  url: string
  /** JSON: a list of types, some with a star at the end. */
  event_types: string
  description: string | null
  /** What it signs with, sealed with a key that the server's secret makes. */
  sealed_secret: string
  disabled_at: Date | null
  disabled_reason: string | null
  /** The first of the tries that have failed in a row. */
  failing_since_at: Date | null
  /** Until then nothing is sent, after a failure. */
  paused_until_at: Date | null
  version: number
  created_at: Date
  updated_at: Date
}

/** One event for one webhook. */
export type WebhookDeliveryTable = {
  id: string
  webhook_id: string
  event_id: string
  event_type: string
  /** What is sent, byte for byte, at every try. */
  body: string
  state: string
  /** Since `begun_at`. */
  attempts: number
  last_status: number | null
  last_error: string | null
  last_answer: string | null
  /** When the day began in which it is tried: when it was written, asked for again, or resumed. */
  begun_at: Date
  last_attempt_at: Date | null
  next_attempt_at: Date | null
  delivered_at: Date | null
  version: number
  created_at: Date
}

export type WebhookTables = PlatformTables & {
  webhooks: WebhookTable
  webhook_deliveries: WebhookDeliveryTable
}
