import type { Kysely } from 'kysely'
import type { Clock } from '#platform/clock'
import type { Outbox } from '#platform/events/outbox'
import type { Ids } from '#platform/id'
import type { Log } from '#platform/telemetry/log'
import type { Timers } from '#platform/timers/timer'
import type { NotificationTables } from './table.ts'

/** What the use cases of this module are made of. */
export type NotificationParts = {
  readonly db: Kysely<NotificationTables>
  readonly clock: Clock
  readonly ids: Ids
  readonly outbox: Outbox
  readonly timers: Timers
  readonly log: Log
}
