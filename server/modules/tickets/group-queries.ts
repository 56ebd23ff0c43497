import type { Kysely, Selectable, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { TicketGroupTable, TicketTables } from './table.ts'

export type GroupRow = Selectable<TicketGroupTable>

/** All of them, in the order of their names. */
export async function listGroups(db: Kysely<TicketTables>): Promise<GroupRow[]> {
  return await db.selectFrom('ticket_groups').selectAll().orderBy('name_key').execute()
}

/** A page of them in the same order. */
export async function pageGroups(
  db: Kysely<TicketTables>,
  request: Omit<PageRequest, 'page'>,
): Promise<Page<GroupRow>> {
  const all = db.selectFrom('ticket_groups')
  return await listPage({
    query: all.selectAll('ticket_groups'),
    sort: { column: 'ticket_groups.name_key', holds: 'text', descending: false },
    sortValueOf: ({ name_key: nameKey }) => nameKey,
    request,
  })
}

export async function findGroup(db: Kysely<TicketTables>, id: string): Promise<GroupRow | undefined> {
  return await db.selectFrom('ticket_groups').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function lockGroup(trx: Transaction<TicketTables>, id: string): Promise<GroupRow | undefined> {
  return await trx.selectFrom('ticket_groups').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

export async function deleteGroup(trx: Transaction<TicketTables>, id: string): Promise<void> {
  await replaceMembers(trx, id, [])
  await trx.deleteFrom('ticket_groups').where('id', '=', id).execute()
}

/** The members of these groups, in the order of their ids. */
export async function listMembers(
  db: Kysely<TicketTables>,
  groupIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (groupIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('ticket_group_members')
    .selectAll()
    .where('group_id', 'in', groupIds)
    .orderBy('user_id')
    .execute()
  const groups = Map.groupBy(rows, ({ group_id: id }) => id)
  return new Map(Array.from(groups, ([id, members]) => [id, members.map(({ user_id: userId }) => userId)]))
}

export async function replaceMembers(
  trx: Transaction<TicketTables>,
  groupId: string,
  userIds: readonly string[],
): Promise<void> {
  await trx.deleteFrom('ticket_group_members').where('group_id', '=', groupId).execute()
  if (userIds.length > 0)
    await trx
      .insertInto('ticket_group_members')
      .values(userIds.map((userId) => ({ group_id: groupId, user_id: userId })))
      .execute()
}

/** Whether any ticket was ever given to a group and has not been given to another one since. */
export async function hasTickets(trx: Transaction<TicketTables>, groupId: string): Promise<boolean> {
  const row = await trx
    .selectFrom('tickets')
    .select('id')
    .where('group_id', '=', groupId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
