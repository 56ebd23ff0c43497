import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { engineOf } from '#platform/database/engine'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { NotificationTable, NotificationTables } from './table.ts'

export type NotificationRow = Selectable<NotificationTable>

/** Locks the count of a user, and with it whatever changes their notifications. */
export async function lockUnreadCount(trx: Transaction<NotificationTables>, userId: string): Promise<number> {
  const lock = trx.selectFrom('unread_counts').select('unread').where('user_id', '=', userId).forUpdate()
  const row = await lock.executeTakeFirst()
  if (row !== undefined) return row.unread
  const insert = trx.insertInto('unread_counts').values({ user_id: userId, unread: 0 })
  await (engineOf(trx) === 'mysql'
    ? insert.ignore()
    : insert.onConflict((conflict) => conflict.column('user_id').doNothing())
  ).execute()
  return (await lock.executeTakeFirstOrThrow()).unread
}

export async function updateUnreadCount(
  trx: Transaction<NotificationTables>,
  userId: string,
  unread: number,
): Promise<void> {
  await trx.updateTable('unread_counts').set({ unread }).where('user_id', '=', userId).execute()
}

export async function countUnread(db: Kysely<NotificationTables>, userId: string): Promise<number> {
  const row = await db
    .selectFrom('unread_counts')
    .select('unread')
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row?.unread ?? 0
}

type Key = { readonly userId: string; readonly dedupeKey: string }

/** Locks the count of a user as above, and answers as well whether they were told of this before. */
export async function lockInbox(
  trx: Transaction<NotificationTables>,
  { userId, dedupeKey }: Key,
): Promise<{ readonly unread: number; readonly isTold: boolean }> {
  const row = await trx
    .selectFrom('unread_counts')
    .select('unread')
    .select((eb) =>
      eb
        .selectFrom('notifications')
        .select('id')
        .where('user_id', '=', userId)
        .where('dedupe_key', '=', dedupeKey)
        .as('told_id'),
    )
    .where('user_id', '=', userId)
    .forUpdate()
    .executeTakeFirst()
  // Who has no count has never been told of anything.
  if (row === undefined) return { unread: await lockUnreadCount(trx, userId), isTold: false }
  return { unread: row.unread, isTold: row.told_id !== null }
}

export async function insertNotification(
  trx: Transaction<NotificationTables>,
  row: Insertable<NotificationTable>,
): Promise<void> {
  await trx.insertInto('notifications').values(row).execute()
}

/** Somebody else's is not found. */
export async function findNotification(
  db: Kysely<NotificationTables>,
  { id, userId }: { readonly id: string; readonly userId: string },
): Promise<NotificationRow | undefined> {
  return await db
    .selectFrom('notifications')
    .selectAll()
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst()
}

type Reading = { readonly userId: string; readonly ids: readonly string[]; readonly now: Date }

export async function markRead(
  trx: Transaction<NotificationTables>,
  { userId, ids, now }: Reading,
): Promise<void> {
  await trx
    .updateTable('notifications')
    .set({ read_at: now, version: sql`version + 1` })
    .where('user_id', '=', userId)
    .where('id', 'in', ids)
    .execute()
}

/** The oldest ones first. */
export async function listUnread(
  trx: Transaction<NotificationTables>,
  { userId, limit }: { readonly userId: string; readonly limit: number },
): Promise<NotificationRow[]> {
  return await trx
    .selectFrom('notifications')
    .selectAll()
    .where('user_id', '=', userId)
    .where('read_at', 'is', null)
    .orderBy('id')
    .limit(limit)
    .execute()
}

type List = {
  readonly userId: string
  readonly unread: boolean | undefined
  readonly request: PageRequest
}

export async function listNotifications(
  db: Kysely<NotificationTables>,
  { userId, unread, request }: List,
): Promise<Page<NotificationRow>> {
  let found = db.selectFrom('notifications').where('user_id', '=', userId)
  if (unread !== undefined) found = found.where('read_at', unread ? 'is' : 'is not', null)
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'notifications.created_at', holds: 'time', descending: true },
    sortValueOf: (row) => row.created_at,
    request,
  })
}

export async function deleteReadNotifications(
  trx: Transaction<NotificationTables>,
  before: Date,
): Promise<void> {
  await trx.deleteFrom('notifications').where('read_at', '<', before).execute()
}
