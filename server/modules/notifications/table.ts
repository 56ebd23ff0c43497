import type { PlatformTables } from '#platform/database/tables'

/** Something to hand over to the outside, once. */
export type DeliveryTable = {
  id: string
  channel: string
  kind: string
  /** The address. */
  recipient: string
  /** The subject line. */
  title: string
  text: string
  html: string
  /** What it is about, as `order_confirmation:<order id>`: the unique key that makes a second mail impossible. */
  dedupe_key: string
  state: string
  attempts: number
  last_error: string | null
  /** The first of the tries that have failed in a row. */
  failing_since_at: Date | null
  sent_at: Date | null
  version: number
  created_at: Date
}

export type NotificationTable = {
  id: string
  user_id: string
  kind: string
  title: string
  body: string
  /** The record, as `order/018f…`. */
  subject: string
  dedupe_key: string
  read_at: Date | null
  version: number
  created_at: Date
}

/** One row for each user who was ever told something; whoever changes their notifications locks it first. */
export type UnreadCountTable = {
  user_id: string
  unread: number
}

export type NotificationTables = PlatformTables & {
  deliveries: DeliveryTable
  notifications: NotificationTable
  unread_counts: UnreadCountTable
}
