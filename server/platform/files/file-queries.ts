import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import type { FileTable, PlatformTables } from '../database/tables.ts'

export type FileRow = Selectable<FileTable>

/** One that a record names. */
export async function findKeptFile(db: Kysely<PlatformTables>, id: string): Promise<FileRow | undefined> {
  return await db
    .selectFrom('files')
    .selectAll()
    .where('id', '=', id)
    .where('kept_at', 'is not', null)
    .where('dropped_at', 'is', null)
    .executeTakeFirst()
}

export async function insertFile(db: Kysely<PlatformTables>, row: Insertable<FileTable>): Promise<void> {
  await db.insertInto('files').values(row).execute()
}

/** False when it was dropped meanwhile. */
export async function markKept(trx: Transaction<PlatformTables>, id: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('files')
    .set({ kept_at: now })
    .where('id', '=', id)
    .where('kept_at', 'is', null)
    .where('dropped_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function markDropped(
  db: Kysely<PlatformTables>,
  ids: readonly string[],
  now: Date,
): Promise<void> {
  if (ids.length === 0) return
  await db
    .updateTable('files')
    .set({ dropped_at: now })
    .where('id', 'in', ids)
    .where('dropped_at', 'is', null)
    .execute()
}

/** Those that no record has come to name. */
export async function markForgottenDropped(
  db: Kysely<PlatformTables>,
  { before, now }: { readonly before: Date; readonly now: Date },
): Promise<void> {
  await db
    .updateTable('files')
    .set({ dropped_at: now })
    .where('kept_at', 'is', null)
    .where('dropped_at', 'is', null)
    .where('created_at', '<', before)
    .execute()
}

export async function markUnkeptDropped(db: Kysely<PlatformTables>, id: string, now: Date): Promise<void> {
  await db
    .updateTable('files')
    .set({ dropped_at: now })
    .where('id', '=', id)
    .where('kept_at', 'is', null)
    .where('dropped_at', 'is', null)
    .execute()
}

export async function listDropped(
  db: Kysely<PlatformTables>,
  { before, limit }: { readonly before: Date; readonly limit: number },
): Promise<readonly { readonly id: string }[]> {
  return await db
    .selectFrom('files')
    .select('id')
    .where('dropped_at', '<', before)
    .orderBy('dropped_at')
    .orderBy('id')
    .limit(limit)
    .execute()
}

export async function deleteFiles(trx: Transaction<PlatformTables>, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await trx.deleteFrom('files').where('id', 'in', ids).execute()
}
