import type { Kysely } from 'kysely'
import type { BusinessDays } from '#platform/business-days'
import type { Clock } from '#platform/clock'
import type { Outbox } from '#platform/events/outbox'
import type { Ids } from '#platform/id'
import type { Timers } from '#platform/timers/timer'
import type { TicketRow } from './queries.ts'
import type { TicketTables } from './table.ts'

/** What the use cases of the module have in common. */
export type TicketParts = {
  readonly db: Kysely<TicketTables>
  readonly clock: Clock
  readonly ids: Ids
  readonly outbox: Outbox
  readonly timers: Timers
  readonly businessDays: BusinessDays
}

/**
 * The same with a clock that stands, so that a change and all that follows from it happen in one moment: not before
 * the ticket's last change, for the clock of the server that made it may be ahead of ours.
 */
export function atOneMoment<Parts extends Pick<TicketParts, 'clock'>>(
  parts: Parts,
  row: Pick<TicketRow, 'updated_at'> | null,
): Parts {
  const read = parts.clock.now()
  const now = row === null || row.updated_at < read ? read : row.updated_at
  return { ...parts, clock: { now: () => now } }
}
