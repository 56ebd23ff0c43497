import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { FileTable } from '#platform/database/tables'
import type { TicketMessageTable, TicketTables } from './table.ts'

export type MessageRow = Selectable<TicketMessageTable>
export type FileRow = Pick<FileTable, 'id' | 'name' | 'type' | 'bytes'>

export async function insertMessage(
  trx: Transaction<TicketTables>,
  row: Insertable<TicketMessageTable>,
): Promise<void> {
  await trx.insertInto('ticket_messages').values(row).execute()
}

export async function findMessage(db: Kysely<TicketTables>, id: string): Promise<MessageRow | undefined> {
  return await db.selectFrom('ticket_messages').selectAll().where('id', '=', id).executeTakeFirst()
}

type List = {
  readonly ticketId: string
  /** Whether the one who asks works at the desk. */
  readonly withNotes: boolean
  readonly request: Omit<PageRequest, 'page'>
}

/** Oldest first. */
export async function listMessages(
  db: Kysely<TicketTables>,
  { ticketId, withNotes, request }: List,
): Promise<Page<MessageRow>> {
  const all = db.selectFrom('ticket_messages').where('ticket_id', '=', ticketId)
  const found = withNotes ? all : all.where('kind', '!=', 'note')
  return await listPage({
    query: found.selectAll('ticket_messages'),
    sort: { column: 'ticket_messages.created_at', holds: 'time', descending: false },
    sortValueOf: ({ created_at: createdAt }) => createdAt,
    request,
  })
}

/** The files that messages name, by their ids. */
export async function findFiles(
  db: Kysely<TicketTables>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, FileRow>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('files')
    .select(['id', 'name', 'type', 'bytes'])
    .where('id', 'in', ids)
    .execute()
  return new Map(rows.map((row) => [row.id, row]))
}

/** Of the messages of a ticket that have files. */
export async function listFileIds(
  db: Kysely<TicketTables>,
  ticketId: string,
): Promise<Pick<MessageRow, 'file_ids'>[]> {
  return await db
    .selectFrom('ticket_messages')
    .select('file_ids')
    .where('ticket_id', '=', ticketId)
    .where('file_ids', 'is not', null)
    .execute()
}
