import type { Kysely, Transaction } from 'kysely'
import { actorOf, type Call, may } from '#platform/call'
import { refuse } from './errors.ts'
import { findVisibleTicket, lockVisibleTicket, type Viewer } from './list-queries.ts'
import type { TicketRow } from './queries.ts'
import type { TicketTables } from './table.ts'

/** Who asks to see tickets: null for those who see all of them. */
export function viewerOf(call: Call): Viewer {
  return may(call, 'tickets:read_any') ? null : actorOf(call).userId
}

/** Whether the caller works at the desk. */
export function isStaff(call: Call): boolean {
  return may(call, 'tickets:write_any')
}

/** Whether the ticket is about the caller's own affair. */
export function isCustomer(call: Call, row: Pick<TicketRow, 'customer_id'>): boolean {
  return row.customer_id === actorOf(call).userId
}

/**
 * A ticket by our id, our number or InvGate's id. What the caller may not see is refused as what is not there, after
 * the same one question to the database.
 */
export async function getTicketRow(
  db: Kysely<TicketTables>,
  call: Call,
  reference: string,
): Promise<TicketRow> {
  const row = await findVisibleTicket(db, { reference, viewer: viewerOf(call) })
  if (row === undefined) throw refuse('ticket_not_found')
  return row
}

/** The same with its row locked, for those who change it. */
export async function getLockedTicket(
  trx: Transaction<TicketTables>,
  call: Call,
  reference: string,
): Promise<TicketRow> {
  const row = await lockVisibleTicket(trx, { reference, viewer: viewerOf(call) })
  if (row === undefined) throw refuse('ticket_not_found')
  return row
}
