import type { Kysely, Transaction } from 'kysely'
import { openStatuses } from './lifecycle.ts'
import { type Viewer, visibleTo } from './list-queries.ts'
import type { TaskRow } from './queries.ts'
import type { TaskTables } from './table.ts'

/** Has everybody else wait who is about to say which tasks wait for which, until this transaction ends. */
export async function lockOrderOfTasks(trx: Transaction<TaskTables>): Promise<void> {
  await trx.selectFrom('task_order').select('id').forUpdate().execute()
}

/** Locks tasks in the sequence of their ids, whoever may see them. */
export async function lockTasks(trx: Transaction<TaskTables>, ids: readonly string[]): Promise<TaskRow[]> {
  if (ids.length === 0) return []
  return await trx.selectFrom('tasks').selectAll().where('id', 'in', ids).orderBy('id').forUpdate().execute()
}

type Wanted = { readonly ids: readonly string[]; readonly viewer: Viewer }

/** Locks those of these tasks that somebody may see, in the same sequence. */
export async function lockVisibleTasks(
  trx: Transaction<TaskTables>,
  { ids, viewer }: Wanted,
): Promise<string[]> {
  const rows = await visibleTo(trx, viewer)
    .select('tasks.id')
    .where('tasks.id', 'in', ids)
    .orderBy('tasks.id')
    .forUpdate()
    .execute()
  return rows.map(({ id }) => id)
}

/** What these tasks wait for, open or not. */
export async function listBlockers(db: Kysely<TaskTables>, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('task_blockers')
    .select('blocked_by_id')
    .distinct()
    .where('task_id', 'in', ids)
    .execute()
  return rows.map((row) => row.blocked_by_id)
}

/** The tasks that wait for these. */
export async function listWaiting(db: Kysely<TaskTables>, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('task_blockers')
    .select('task_id')
    .distinct()
    .where('blocked_by_id', 'in', ids)
    .execute()
  return rows.map((row) => row.task_id)
}

/** What is still to be done of what a task waits for; what was thrown away is not. */
export async function listOpenBlockers(
  db: Kysely<TaskTables>,
  taskId: string,
): Promise<Pick<TaskRow, 'id' | 'owner_id' | 'assignee_id'>[]> {
  return await db
    .selectFrom('task_blockers')
    .innerJoin('tasks', 'tasks.id', 'task_blockers.blocked_by_id')
    .select(['tasks.id', 'tasks.owner_id', 'tasks.assignee_id'])
    .where('task_blockers.task_id', '=', taskId)
    .where('tasks.status', 'in', openStatuses)
    .orderBy('tasks.id')
    .execute()
}
