import type { Insertable, Kysely, Selectable, Transaction, Updateable } from 'kysely'
import type { TicketTable, TicketTables } from './table.ts'

export type TicketRow = Selectable<TicketTable>

export async function findTicket(db: Kysely<TicketTables>, id: string): Promise<TicketRow | undefined> {
  return await db.selectFrom('tickets').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function lockTicket(trx: Transaction<TicketTables>, id: string): Promise<TicketRow | undefined> {
  return await trx.selectFrom('tickets').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

export async function insertTicket(
  trx: Transaction<TicketTables>,
  row: Insertable<TicketTable>,
): Promise<void> {
  await trx.insertInto('tickets').values(row).execute()
}

export async function updateTicket(
  trx: Transaction<TicketTables>,
  id: string,
  change: Updateable<TicketTable>,
): Promise<void> {
  await trx.updateTable('tickets').set(change).where('id', '=', id).execute()
}

/** The tags of these tickets in the order of the alphabet. */
export async function listTags(
  db: Kysely<TicketTables>,
  ids: readonly string[],
): Promise<Map<string, string[]>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('ticket_tags')
    .selectAll()
    .where('ticket_id', 'in', ids)
    .orderBy('tag')
    .execute()
  return collect(rows.map(({ ticket_id: id, tag }) => [id, tag]))
}

export async function listWatchers(
  db: Kysely<TicketTables>,
  ids: readonly string[],
): Promise<Map<string, string[]>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('ticket_watchers')
    .selectAll()
    .where('ticket_id', 'in', ids)
    .orderBy('user_id')
    .execute()
  return collect(rows.map(({ ticket_id: id, user_id: userId }) => [id, userId]))
}

function collect(pairs: readonly (readonly [string, string])[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const [id, value] of pairs) found.set(id, [...(found.get(id) ?? []), value])
  return found
}
