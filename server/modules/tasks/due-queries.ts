import type { Kysely, Transaction } from 'kysely'
import type { TaskRow } from './queries.ts'
import type { TaskTables } from './table.ts'

/** SQL for what becomes of many tasks at once. */

/** Those of them that nobody else has locked. */
export async function lockFreeTasks(
  trx: Transaction<TaskTables>,
  ids: readonly string[],
): Promise<TaskRow[]> {
  return await trx
    .selectFrom('tasks')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .skipLocked()
    .execute()
}

/** Those of them that are there, locked or not. */
export async function listTaskIds(db: Kysely<TaskTables>, ids: readonly string[]): Promise<string[]> {
  const rows = await db.selectFrom('tasks').select('id').where('id', 'in', ids).execute()
  return rows.map(({ id }) => id)
}

type ManyTasks = {
  readonly ids: readonly string[]
  readonly change: Partial<Omit<TaskRow, 'id' | 'version' | 'updated_at'>>
  readonly now: Date
}

/** Gives tasks that are locked the same change, each with its next version. */
export async function updateTasks(
  trx: Transaction<TaskTables>,
  { ids, change, now }: ManyTasks,
): Promise<void> {
  if (ids.length === 0) return
  await trx
    .updateTable('tasks')
    .set((eb) => ({ ...change, version: eb('version', '+', 1), updated_at: now }))
    .where('id', 'in', ids)
    .execute()
}

/** With everything that hangs on them. */
export async function removeTasks(trx: Transaction<TaskTables>, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await trx.deleteFrom('tasks').where('id', 'in', ids).execute()
}
