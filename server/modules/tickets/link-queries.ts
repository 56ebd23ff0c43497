import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { TicketLinkTable, TicketTables } from './table.ts'

export type LinkRow = Selectable<TicketLinkTable>

/** A page of them, the oldest first. */
export async function pageLinks(
  db: Kysely<TicketTables>,
  { ticketId, request }: { readonly ticketId: string; readonly request: Omit<PageRequest, 'page'> },
): Promise<Page<LinkRow>> {
  const all = db.selectFrom('ticket_links').where('ticket_id', '=', ticketId)
  return await listPage({
    query: all.selectAll('ticket_links'),
    sort: { column: 'ticket_links.created_at', holds: 'time', descending: false },
    sortValueOf: ({ created_at: createdAt }) => createdAt,
    request,
  })
}

/** All of them, the oldest first. */
export async function listLinks(db: Kysely<TicketTables>, ticketId: string): Promise<LinkRow[]> {
  return await db
    .selectFrom('ticket_links')
    .selectAll()
    .where('ticket_id', '=', ticketId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

export async function insertLinks(
  trx: Transaction<TicketTables>,
  rows: readonly Insertable<TicketLinkTable>[],
): Promise<void> {
  if (rows.length > 0) await trx.insertInto('ticket_links').values(rows).execute()
}

export async function deleteLinks(trx: Transaction<TicketTables>, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await trx.deleteFrom('ticket_links').where('id', 'in', ids).execute()
}

/** The link of a work order to the ticket that it mends. */
export async function findReworkLink(
  db: Kysely<TicketTables>,
  workOrderId: string,
): Promise<LinkRow | undefined> {
  return await db
    .selectFrom('ticket_links')
    .selectAll()
    .where('kind', '=', 'work_order')
    .where('record_id', '=', workOrderId)
    .where('relation', '=', 'rework')
    .executeTakeFirst()
}

export async function updateRelation(
  trx: Transaction<TicketTables>,
  { id, relation, label }: Pick<LinkRow, 'id' | 'relation' | 'label'>,
): Promise<void> {
  await trx.updateTable('ticket_links').set({ relation, label }).where('id', '=', id).execute()
}
