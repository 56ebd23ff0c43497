import type { Transaction } from 'kysely'
import type { TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'
import type { TicketTables } from './table.ts'

/** The kind of the timers of the clocks; the subject is `<ticket>/<kind of clock>`. */
export const CLOCK = 'ticket.clock'

type Move = {
  /** Null for a new ticket. */
  readonly before: TicketRow | null
  readonly after: TicketRow
}

/** Starts, pauses, moves and stops the clocks of a ticket after a change of it. */
export async function keepClocks(
  _parts: TicketParts,
  _trx: Transaction<TicketTables>,
  _move: Move,
): Promise<void> {
  // The helper of the clocks fills this in.
}
