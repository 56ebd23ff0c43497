import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { AppError } from '#platform/errors'
import { isStaff } from './access.ts'
import { refuse } from './errors.ts'
import { allowedToCustomer, allowedTransitions, type PendingReason, type TicketStatus } from './lifecycle.ts'
import { atOneMoment, type TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'
import type { Ticket } from './schemas.ts'
import type { TicketTables } from './table.ts'
import { changeTicket } from './ticket-changes.ts'
import { statusOf } from './views.ts'

export type Move =
  | { readonly status: 'new' | 'open' | 'closed' | 'cancelled' }
  | { readonly status: 'pending'; readonly reason: PendingReason; readonly until: Date | null }
  | { readonly status: 'solved'; readonly solution: string | null }

type Moving = {
  readonly call: Call
  /** Locked. */
  readonly row: TicketRow
  readonly move: Move
  /** What changes with it. */
  readonly besides?: Partial<TicketRow>
}

/** Moves a ticket whose row is locked, wherever to: whether it may go there is for the caller to see to. */
export async function moveTicket(
  parts: TicketParts,
  trx: Transaction<TicketTables>,
  { call, row, move, besides = {} }: Moving,
): Promise<Ticket> {
  const at = atOneMoment(parts, row)
  return await changeTicket(at, trx, {
    call,
    row,
    change: { ...columnsOf(row, move, at.clock.now()), ...besides },
    happening: { what: 'status_changed', previousStatus: statusOf(row) },
  })
}

/** What a move makes of a ticket: who opens a solved one again takes its solution for none. */
export function columnsOf(row: TicketRow, move: Move, now: Date): Partial<TicketRow> {
  const here = { status: move.status, pending_reason: null, pending_until_at: null }
  switch (move.status) {
    case 'pending':
      return { ...here, pending_reason: move.reason, pending_until_at: move.until }
    case 'solved':
      return { ...here, solved_at: now, solution: move.solution, proposed_solution: null }
    case 'closed':
      return { ...here, closed_at: now }
    case 'new':
    case 'open':
      return row.status === 'solved' ? { ...here, solved_at: null, solution: null } : here
    case 'cancelled':
      return here
  }
}

type Wish = {
  readonly call: Call
  readonly row: TicketRow
  readonly status: TicketStatus
}

/** Refuses what the life of a ticket does not know, or does not let its customer do. */
export function requireTransition(wish: Wish): void {
  if (!allowedFor(wish).includes(wish.status)) throw refusedTransition(wish)
}

/** Says what may be done instead. */
export function refusedTransition(wish: Wish): AppError {
  return refuse('invalid_transition', {
    details: {
      current_status: statusOf(wish.row),
      wanted: wish.status,
      allowed_transitions: allowedFor(wish),
    },
  })
}

function allowedFor({ call, row }: Wish): readonly TicketStatus[] {
  const current = statusOf(row)
  return isStaff(call) ? allowedTransitions(current) : allowedToCustomer(current)
}
