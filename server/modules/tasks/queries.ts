import type { Insertable, Kysely, Selectable, Transaction, Updateable } from 'kysely'
import type { TaskTable, TaskTables } from './table.ts'

export type TaskRow = Selectable<TaskTable>

/** What belongs to a task besides its row. */
export type Attributes = { readonly labels: readonly string[]; readonly blockedByIds: readonly string[] }

export async function insertTask(trx: Transaction<TaskTables>, row: Insertable<TaskTable>): Promise<void> {
  await trx.insertInto('tasks').values(row).execute()
}

export async function updateTask(
  trx: Transaction<TaskTables>,
  id: string,
  change: Updateable<TaskTable>,
): Promise<void> {
  await trx.updateTable('tasks').set(change).where('id', '=', id).execute()
}

/** With everything that hangs on it. */
export async function removeTask(trx: Transaction<TaskTables>, id: string): Promise<void> {
  await trx.deleteFrom('tasks').where('id', '=', id).execute()
}

/** Gives a task these labels instead of those that it has. */
export async function replaceLabels(
  trx: Transaction<TaskTables>,
  taskId: string,
  labels: readonly string[],
): Promise<void> {
  await trx.deleteFrom('task_labels').where('task_id', '=', taskId).execute()
  if (labels.length > 0)
    await trx
      .insertInto('task_labels')
      .values(labels.map((label) => ({ task_id: taskId, label })))
      .execute()
}

/** Whether a later one of the tasks that repeat each other is there. */
export async function hasFollower(
  trx: Transaction<TaskTables>,
  seriesId: string,
  occurrence: number,
): Promise<boolean> {
  const later = await trx
    .selectFrom('tasks')
    .select('id')
    .where('series_id', '=', seriesId)
    .where('occurrence', '>', occurrence)
    .limit(1)
    .executeTakeFirst()
  return later !== undefined
}

export async function replaceBlockers(
  trx: Transaction<TaskTables>,
  taskId: string,
  blockedByIds: readonly string[],
): Promise<void> {
  await trx.deleteFrom('task_blockers').where('task_id', '=', taskId).execute()
  if (blockedByIds.length > 0)
    await trx
      .insertInto('task_blockers')
      .values(blockedByIds.map((id) => ({ task_id: taskId, blocked_by_id: id })))
      .execute()
}

/** Labels and blockers of these tasks, each in the order of its letters. */
export async function listAttributes(
  db: Kysely<TaskTables>,
  ids: readonly string[],
): Promise<(id: string) => Attributes> {
  if (ids.length === 0) return () => NONE
  const labels = await db
    .selectFrom('task_labels')
    .selectAll()
    .where('task_id', 'in', ids)
    .orderBy('label')
    .execute()
  const blockers = await db
    .selectFrom('task_blockers')
    .selectAll()
    .where('task_id', 'in', ids)
    .orderBy('blocked_by_id')
    .execute()
  const labelsOf = Map.groupBy(labels, (row) => row.task_id)
  const blockersOf = Map.groupBy(blockers, (row) => row.task_id)
  return (id) => ({
    labels: labelsOf.get(id)?.map(({ label }) => label) ?? [],
    blockedByIds: blockersOf.get(id)?.map((row) => row.blocked_by_id) ?? [],
  })
}

const NONE: Attributes = { labels: [], blockedByIds: [] }
