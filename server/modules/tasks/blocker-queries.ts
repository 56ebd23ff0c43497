import type { Kysely, Transaction } from 'kysely'
import { openStatuses } from './lifecycle.ts'
import { type Viewer, visibleTo } from './list-queries.ts'
import type { TaskRow } from './queries.ts'
import type { TaskTables } from './table.ts'

/** So many ids go into one statement, for no engine takes any number of them. */
const AT_ONCE = 500

/** Has everybody else wait who is about to say which tasks wait for which, until this transaction ends. */
export async function lockOrderOfTasks(trx: Transaction<TaskTables>): Promise<void> {
  await trx.selectFrom('task_order').select('id').forUpdate().execute()
}

/** Locks any number of tasks in the sequence of their ids, whoever may see them. */
export async function lockTasks(trx: Transaction<TaskTables>, ids: readonly string[]): Promise<void> {
  for (const some of chunksOf([...new Set(ids)].toSorted()))
    await trx.selectFrom('tasks').select('id').where('id', 'in', some).orderBy('id').forUpdate().execute()
}

/** A task as it is now, locked, whoever may see it. */
export async function lockTask(trx: Transaction<TaskTables>, id: string): Promise<TaskRow | undefined> {
  return await trx.selectFrom('tasks').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
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
  const blockers = new Set<string>()
  for (const some of chunksOf(ids)) {
    const rows = await db
      .selectFrom('task_blockers')
      .select('blocked_by_id')
      .distinct()
      .where('task_id', 'in', some)
      .execute()
    for (const row of rows) blockers.add(row.blocked_by_id)
  }
  return [...blockers]
}

/** The open tasks that wait for these. */
export async function listWaiting(db: Kysely<TaskTables>, ids: readonly string[]): Promise<string[]> {
  const waiting = new Set<string>()
  for (const some of chunksOf(ids)) {
    const rows = await waitingFor(db, some).select('task_blockers.task_id').distinct().execute()
    for (const row of rows) waiting.add(row.task_id)
  }
  return [...waiting]
}

/** For how many open tasks each of these is to be done first; those for which none waits are left out. */
export async function countWaiting(
  db: Kysely<TaskTables>,
  ids: readonly string[],
): Promise<{ readonly id: string; readonly count: number }[]> {
  if (ids.length === 0) return []
  return await waitingFor(db, ids)
    .select((eb) => ['task_blockers.blocked_by_id as id', eb.fn.countAll<number>().as('count')])
    .groupBy('task_blockers.blocked_by_id')
    .execute()
}

function waitingFor(db: Kysely<TaskTables>, ids: readonly string[]) {
  return db
    .selectFrom('task_blockers')
    .innerJoin('tasks', 'tasks.id', 'task_blockers.task_id')
    .where('task_blockers.blocked_by_id', 'in', ids)
    .where('tasks.status', 'in', openStatuses)
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

function chunksOf(ids: readonly string[]): string[][] {
  const count = Math.ceil(ids.length / AT_ONCE)
  return Array.from({ length: count }, (_each, index) => ids.slice(index * AT_ONCE, (index + 1) * AT_ONCE))
}
