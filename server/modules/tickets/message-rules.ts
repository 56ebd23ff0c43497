import { actorOf, type Call } from '#platform/call'
import { isCustomer, isStaff } from './access.ts'
import { refuse } from './errors.ts'
import type { TicketHappening } from './events.ts'
import type { SpokenKind } from './message-schemas.ts'
import { columnsOf } from './move-ticket.ts'
import type { TicketRow } from './queries.ts'
import { statusOf } from './views.ts'

/** What a message does to its ticket; null where it stays as it is. */
export type Effect = {
  readonly change: Partial<TicketRow>
  readonly happening: TicketHappening
}

type Saying = {
  readonly call: Call
  readonly row: TicketRow
  readonly kind: SpokenKind
}

/** Refuses notes of those who do not work at the desk, and words that nobody would hear any more. */
export function requireHearing({ call, row, kind }: Saying): void {
  if (kind === 'note' && !isStaff(call)) throw refuse('notes_by_desk')
  requireUnmerged(row)
  if (row.status === 'closed' || row.status === 'cancelled')
    throw refuse('ticket_ended', { details: { current_status: row.status } })
}

export function requireUnmerged({ merged_into_id: mergedIntoId }: TicketRow): void {
  if (mergedIntoId !== null) throw refuse('ticket_merged', { details: { merged_into_id: mergedIntoId } })
}

/**
 * The first public reply of the desk is the response, and begins a new ticket. A reply of those whose ticket it is
 * opens it again where it waited for them, or had a solution that they seem not to have accepted.
 */
export function effectOf({ call, row, kind }: Saying, now: Date): Effect | null {
  if (kind === 'note') return null
  const opened: Effect = {
    change: columnsOf(row, { status: 'open' }, now),
    happening: { what: 'status_changed', previousStatus: statusOf(row) },
  }
  if (isStaff(call) && !isCustomer(call, row)) {
    if (row.status === 'new')
      return { ...opened, change: { ...opened.change, responded_at: row.responded_at ?? now } }
    if (row.responded_at !== null) return null
    return { change: { responded_at: now }, happening: { what: 'updated' } }
  }
  if (!isCustomer(call, row) && row.creator_id !== actorOf(call).userId) return null
  const waits = row.status === 'pending' && row.pending_reason === 'customer'
  return waits || row.status === 'solved' ? opened : null
}
