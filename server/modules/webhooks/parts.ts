import type { Kysely } from 'kysely'
import type { Clock } from '#platform/clock'
import type { Outbox } from '#platform/events/outbox'
import type { Ids } from '#platform/id'
import type { Timers } from '#platform/timers/timer'
import type { Sealing } from './secrets.ts'
import type { WebhookTables } from './table.ts'

/** What the use cases of this module are made of. */
export type WebhookParts = {
  readonly db: Kysely<WebhookTables>
  readonly clock: Clock
  readonly ids: Ids
  readonly outbox: Outbox
  readonly timers: Timers
  readonly sealing: Sealing
}

/** The kind of the timers that send; their subject is the delivery's id. */
export const SEND_TIMER = 'webhook.send'
/** The kind of the timers that send again what was stopped; their subject is the webhook's id. */
export const RESUME_TIMER = 'webhook.resume'

/** Set for a delivery that somebody has asked for, which waits for nothing. */
export const ASKED_FOR = { asked_for: true } as const

export function isAskedFor(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'asked_for' in data
}
