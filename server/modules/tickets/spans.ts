import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'
import type { TicketTables } from './table.ts'

type Move = {
  readonly call: Call
  /** Null for a new ticket. */
  readonly before: TicketRow | null
  readonly after: TicketRow
}

/** Ends the stretch of a ticket's life and begins the next one when its state or the reason of its waiting changes. */
export async function recordSpan(
  { clock, ids }: Pick<TicketParts, 'clock' | 'ids'>,
  trx: Transaction<TicketTables>,
  { call, before, after }: Move,
): Promise<void> {
  const isSame = before?.status === after.status && before.pending_reason === after.pending_reason
  if (isSame) return
  const now = clock.now()
  if (before !== null)
    await trx
      .updateTable('ticket_spans')
      .set({ ended_at: now })
      .where('ticket_id', '=', after.id)
      .where('ended_at', 'is', null)
      .execute()
  await trx
    .insertInto('ticket_spans')
    .values({
      id: ids.next(),
      ticket_id: after.id,
      status: after.status,
      pending_reason: after.pending_reason,
      started_at: now,
      ended_at: null,
      actor_id: call.actor?.userId ?? null,
    })
    .execute()
}
