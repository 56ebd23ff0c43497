import type { Kysely } from 'kysely'
import type { BusinessDays } from '#platform/business-days'
import type { Clock } from '#platform/clock'
import type { Outbox } from '#platform/events/outbox'
import type { Ids } from '#platform/id'
import type { Timers } from '#platform/timers/timer'
import type { WorkOrderTables } from './table.ts'

/** What the use cases of the module have in common. */
export type WorkOrderParts = {
  readonly db: Kysely<WorkOrderTables>
  readonly clock: Clock
  readonly ids: Ids
  readonly outbox: Outbox
  readonly timers: Timers
  readonly businessDays: BusinessDays
}
