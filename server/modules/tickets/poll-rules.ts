import type { InvgateComment, InvgateIncident, InvgateStatus } from './invgate/contract.ts'
import type { TicketStatus } from './lifecycle.ts'
import type { Move } from './move-ticket.ts'
import type { WatchedTicket } from './poll-queries.ts'
import type { TicketRow } from './queries.ts'
import { seenOf } from './seen-status.ts'

/** InvGate counts seconds: what it says of one is complete when that one is over there. */
const SECOND_MS = 1_500
const READ_AGAIN_MS = 3_600_000
type Standing = {
  readonly row: Pick<TicketRow, 'status' | 'pending_reason' | 'invgate_status'>
  readonly status: InvgateStatus | null
  /** Whether InvGate is still to be told of a move of ours, or may not have heard of it. */
  readonly isMoving: boolean
}

/**
 * The status that a ticket takes over from InvGate; null for none. InvGate wins wherever somebody there has moved the
 * incident: what it says differs from what we saw last. Our own moves are not undone while they are under way, nor
 * those that InvGate has no word for.
 */
export function statusToTake({ row, status, isMoving }: Standing): InvgateStatus | null {
  if (status === null || isMoving || row.invgate_status === seenOf(status)) return null
  if (row.status !== status.status) return status
  const waitsForCustomer = row.pending_reason === 'customer'
  return row.status === 'pending' && waitsForCustomer !== (status.pendingReason === 'customer')
    ? status
    : null
}

/** InvGate's status as a move of ours. */
export function moveFor({ status, pendingReason }: InvgateStatus, solution: string | null): Move {
  if (status === 'pending') return { status, reason: pendingReason ?? 'agent', until: null }
  return status === 'solved' ? { status, solution } : { status }
}

type Moving = { readonly move: Move; readonly solution: string | null; readonly now: Date }

/** What changes with moves that our own desk does not know: over several at once, and back from an end. */
export function besidesMove(
  row: Pick<TicketRow, 'status' | 'solved_at' | 'solution'>,
  { move, solution, now }: Moving,
): Partial<TicketRow> {
  switch (move.status) {
    case 'closed':
      return { solved_at: row.solved_at ?? now, solution: row.solution ?? solution }
    case 'solved':
      return { closed_at: null }
    case 'cancelled':
      return {}
    case 'new':
    case 'open':
    case 'pending':
      return hasEnded(row.status) ? { solved_at: null, closed_at: null, solution: null } : {}
  }
}

function hasEnded(status: string): boolean {
  return status === 'solved' || status === 'closed' || status === 'cancelled'
}

/** A rating that was given at InvGate; null where there is none, or we have one. */
export function ratingToTake(
  row: Pick<TicketRow, 'rating'>,
  { rating, status }: Pick<InvgateIncident, 'rating' | 'status'>,
): number | null {
  if (row.rating !== null || rating === null || status?.status !== 'closed') return null
  return rating >= 1 && rating <= 5 ? rating : null
}

/** Whether anything of an incident is new to us, besides its talk. */
export function isNews(
  watched: Pick<WatchedTicket, 'invgate_status' | 'invgate_updated_at' | 'rating'>,
  incident: InvgateIncident,
): boolean {
  const { status, updatedAt } = incident
  return (
    (status !== null && seenOf(status) !== watched.invgate_status) ||
    watched.invgate_updated_at?.getTime() !== updatedAt?.getTime() ||
    ratingToTake(watched, incident) !== null
  )
}

type Reading = Pick<WatchedTicket, 'invgate_seen_at' | 'invgate_read_at'>

/**
 * Whether there may be talk that we have not read. Its time of change says so; now and then it is read without that,
 * for no page of InvGate's promises that every comment changes it.
 */
export function needsReading(
  { invgate_seen_at: seenAt, invgate_read_at: readAt }: Reading,
  now: Date,
): boolean {
  if (readAt === null || seenAt === null) return true
  return readAt.getTime() < seenAt.getTime() + SECOND_MS || readAt.getTime() < now.getTime() - READ_AGAIN_MS
}

/** What new public comments say about the ticket, in the sequence of the comments. */
export type Heard = {
  /** When somebody who is not the customer first spoke. */
  readonly respondedAt: Date | null
  /** When the customer spoke, if nobody has answered since. */
  readonly customerSpokeAt: Date | null
  /** The last solution. */
  readonly solution: string | null
}

/** A comment whose author may be one of us. */
export type HeardComment = Pick<
  InvgateComment,
  'isPublic' | 'isSolution' | 'text' | 'createdAt' | 'authorId'
> & {
  readonly userId: string | null
}

export function hear(comments: readonly HeardComment[], customerId: string): Heard {
  let heard: Heard = { respondedAt: null, customerSpokeAt: null, solution: null }
  for (const { isPublic, isSolution, text, createdAt, authorId, userId } of comments) {
    if (!isPublic) continue
    if (userId === customerId) heard = { ...heard, customerSpokeAt: createdAt }
    else if (authorId !== null)
      heard = { ...heard, respondedAt: heard.respondedAt ?? createdAt, customerSpokeAt: null }
    if (isSolution) heard = { ...heard, solution: text }
  }
  return heard
}

/** Whether a ticket is still of a status in which a new solution is its solution. */
export function showsSolution(status: TicketStatus): boolean {
  return status === 'solved' || status === 'closed'
}
