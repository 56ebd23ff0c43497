import type { Transaction } from 'kysely'
import { insertDelivery } from './deliver-queries.ts'
import type { TicketParts } from './parts.ts'
import type { TicketTables } from './table.ts'

/** The kind of the timers that work off what a ticket has to tell InvGate; the subject is the ticket's id. */
export const DELIVERY = 'invgate.ticket'

/** Where a ticket is moved to at InvGate, in our words. */
export const deliveredMoves = [
  'cancelled',
  'open',
  'waiting_for_customer',
  'solved',
  'accepted',
  'not_accepted',
] as const
export type DeliveredMove = (typeof deliveredMoves)[number]

/** What InvGate is to be told. Ids are ours. */
export type NewDelivery = {
  /** Of a ticket whose row is locked. */
  readonly ticketId: string
} & (
  | { readonly kind: 'create' }
  /** A reply or a solution; a note stays here. */
  | { readonly kind: 'comment'; readonly messageId: string }
  | {
      readonly kind: 'status'
      readonly to: DeliveredMove
      /** Who has moved it. */
      readonly actorId: string
      /** The message that goes with a solution, where there is one. */
      readonly messageId?: string | null
      readonly rating?: number | null
      /** Plain text; empty for none. */
      readonly comment?: string
    }
)

type QueueParts = Pick<TicketParts, 'clock' | 'ids' | 'timers'>

/** Notes what InvGate is to be told of a ticket, in the sequence of the calls; of a local ticket it is told nothing. */
export async function enqueueDelivery(
  { clock, ids, timers }: QueueParts,
  trx: Transaction<TicketTables>,
  delivery: NewDelivery,
): Promise<void> {
  const { ticketId, kind, ...payload } = delivery
  const ticket = await trx
    .selectFrom('tickets')
    .select('sync_state')
    .where('id', '=', ticketId)
    .executeTakeFirst()
  if (ticket === undefined || ticket.sync_state === 'local') return
  const now = clock.now()
  await insertDelivery(trx, {
    id: ids.next(),
    ticket_id: ticketId,
    kind,
    payload: JSON.stringify(payload),
    state: 'pending',
    attempts: 0,
    last_error: null,
    sent_at: null,
    done_at: null,
    created_at: now,
    updated_at: now,
  })
  await timers.schedule(trx, { kind: DELIVERY, subject: ticketId, dueAt: now })
}
