import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { type DeliveredMove, enqueueDelivery } from './deliver-queue.ts'
import type { TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'
import type { TicketTables } from './table.ts'

type Move = {
  readonly call: Call
  readonly before: TicketRow
  readonly after: TicketRow
}

/**
 * Has InvGate told where somebody here has moved a ticket. What a timer does, and what InvGate itself has told, is not
 * told back.
 */
export async function deliverMove(
  parts: Pick<TicketParts, 'clock' | 'ids' | 'timers'>,
  trx: Transaction<TicketTables>,
  { call, before, after }: Move,
): Promise<void> {
  const to = moveOf(before, after)
  if (call.actor === null || to === null || after.sync_state === 'local') return
  await enqueueDelivery(parts, trx, {
    ticketId: after.id,
    kind: 'status',
    to,
    actorId: call.actor.userId,
    ...(to === 'solved' ? { messageId: await findSolution(trx, after) } : {}),
    ...(to === 'accepted' ? { rating: after.rating, comment: after.rating_comment ?? '' } : {}),
  })
}

/** InvGate's own word for it; null for what it has none for, such as waiting for a vendor, or closing without a rating. */
export function moveOf(
  before: Pick<TicketRow, 'status' | 'pending_reason' | 'rating'>,
  after: Pick<TicketRow, 'status' | 'pending_reason' | 'rating'>,
): DeliveredMove | null {
  if (before.status === after.status && before.pending_reason === after.pending_reason) return null
  switch (after.status) {
    case 'cancelled':
    case 'solved':
      return after.status
    case 'pending':
      return after.pending_reason === 'customer' ? 'waiting_for_customer' : null
    case 'closed':
      return after.rating === null ? null : 'accepted'
    case 'open':
      if (before.status === 'solved') return 'not_accepted'
      return before.status === 'pending' && before.pending_reason === 'customer' ? 'open' : null
    default:
      return null
  }
}

async function findSolution(
  trx: Transaction<TicketTables>,
  { id, solution }: TicketRow,
): Promise<string | null> {
  if (solution === null) return null
  const row = await trx
    .selectFrom('ticket_messages')
    .select(['id', 'text'])
    .where('ticket_id', '=', id)
    .where('kind', '=', 'solution')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.text === solution ? row.id : null
}
