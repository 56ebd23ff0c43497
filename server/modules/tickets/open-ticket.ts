import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { fold } from '#platform/database/search'
import { keepClocks } from './clocks.ts'
import { ticketEvent } from './events.ts'
import type { SyncState } from './lifecycle.ts'
import { takeNumber } from './numbering.ts'
import { atOneMoment, type TicketParts } from './parts.ts'
import { insertTicket, type TicketRow } from './queries.ts'
import type { Ticket } from './schemas.ts'
import { recordSpan } from './spans.ts'
import type { TicketTables } from './table.ts'
import { toTicket } from './views.ts'

/** What is known of a ticket before it is opened. */
export type NewTicket = {
  readonly title: string
  readonly description: string
  readonly sourceId: number | null
  readonly categoryId: number | null
  readonly typeId: number | null
  readonly priorityId: number
  /** Ids of our users. */
  readonly creatorId: string
  readonly customerId: string
  /** The caller's, from the token. */
  readonly creatorEmail: string
  /** `local` without InvGate. */
  readonly syncState: SyncState
}

type Opening = { readonly call: Call; readonly ticket: NewTicket }

/**
 * Opens a ticket: its number and row, the first stretch of its life, its clocks and its event. Who may do it, and
 * whether all of it is so, is for the caller to see to.
 */
export async function openTicket(
  given: TicketParts,
  trx: Transaction<TicketTables>,
  { call, ticket }: Opening,
): Promise<Ticket> {
  const parts = atOneMoment(given, null)
  const { clock, ids, outbox } = parts
  const number = await takeNumber(trx)
  const row = newRow(ticket, {
    id: ids.next(),
    number,
    reference: `Karya ${number} ${ids.readable(8)}`,
    now: clock.now(),
  })
  await insertTicket(trx, row)
  await recordSpan(parts, trx, { call, before: null, after: row })
  const deadlines = await keepClocks(parts, trx, { before: null, after: row })
  const opened = toTicket(row, { tags: [], watcherIds: [] })
  const event = ticketEvent(opened, { happening: { what: 'created' }, deadlines, before: null })
  await outbox.append(trx, call, event)
  return opened
}

/** What `q` finds a ticket by. */
export function searchTextOf(
  row: Pick<TicketRow, 'number' | 'title' | 'description' | 'creator_email'>,
): string {
  return fold([row.number, row.title, row.creator_email, row.description].join(' '), 50_000)
}

type Given = {
  readonly id: string
  readonly number: string
  readonly reference: string
  readonly now: Date
}

function newRow(ticket: NewTicket, { id, number, reference, now }: Given): TicketRow {
  const { title, description, creatorEmail } = ticket
  return {
    id,
    number,
    invgate_id: null,
    reference,
    title,
    description,
    search_text: searchTextOf({ number, title, description, creator_email: creatorEmail }),
    source_id: ticket.sourceId,
    category_id: ticket.categoryId,
    type_id: ticket.typeId,
    priority_id: ticket.priorityId,
    status: 'new',
    pending_reason: null,
    pending_until_at: null,
    creator_id: ticket.creatorId,
    creator_email: creatorEmail,
    creator_email_key: fold(creatorEmail, 254),
    customer_id: ticket.customerId,
    assignee_id: null,
    group_id: null,
    solution: null,
    proposed_solution: null,
    merged_into_id: null,
    rating: null,
    rating_comment: null,
    responded_at: null,
    solved_at: null,
    closed_at: null,
    sync_state: ticket.syncState,
    sync_attempts: 0,
    sync_error: null,
    invgate_status: null,
    invgate_updated_at: null,
    invgate_seen_at: null,
    invgate_read_at: null,
    version: 1,
    created_at: now,
    updated_at: now,
  }
}
