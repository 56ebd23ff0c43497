import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { listFileIds } from './comment-queries.ts'
import { keepDeadlines } from './deadlines.ts'
import { type TaskHappening, taskEvent, withAssignment } from './events.ts'
import type { TaskParts } from './parts.ts'
import { insertTask, listAttributes, removeTask, type TaskRow, updateTask } from './queries.ts'
import type { Task } from './schemas.ts'
import type { TaskTables } from './table.ts'
import { toTask } from './views.ts'

/** The far end of all lists by due time. */
const NEVER = new Date('9999-12-31T00:00:00.000Z')

/** What a row has besides what follows from it. */
export type NewTaskRow = Omit<TaskRow, 'sort_due_at' | 'version' | 'created_at' | 'updated_at'>

type Opening = { readonly call: Call; readonly row: NewTaskRow }

/** Writes a new task with its timers and its event; its labels and blockers are written before. */
export async function insertNewTask(
  parts: TaskParts,
  trx: Transaction<TaskTables>,
  { row }: Pick<Opening, 'row'>,
): Promise<TaskRow> {
  const now = parts.clock.now()
  const inserted: TaskRow = {
    ...row,
    sort_due_at: row.due_at ?? NEVER,
    version: 1,
    created_at: now,
    updated_at: now,
  }
  await insertTask(trx, inserted)
  return inserted
}

/** Sets the timers of a task that was inserted and announces it, when everything that belongs to it is written. */
export async function announceTask(
  parts: TaskParts,
  trx: Transaction<TaskTables>,
  { call, row }: { readonly call: Call; readonly row: TaskRow },
): Promise<Task> {
  await keepDeadlines(parts, trx, { before: null, after: row })
  const attributesOf = await listAttributes(trx, [row.id])
  const task = toTask(row, attributesOf(row.id))
  await parts.outbox.append(trx, call, taskEvent(task, 'created'))
  return task
}

type Change = {
  readonly call: Call
  /** Locked. */
  readonly row: TaskRow
  readonly change: Partial<TaskRow>
  readonly happening: TaskHappening
}

/**
 * Writes a change of a task whose row is locked, with its timers and its event. Its labels and blockers are read here,
 * so they are written before. Rows are locked in one sequence everywhere: tasks by id, what belongs to them, timers.
 */
export async function changeTask(
  parts: TaskParts,
  trx: Transaction<TaskTables>,
  { call, row, change, happening }: Change,
): Promise<Task> {
  const changed: TaskRow = { ...row, ...change, version: row.version + 1, updated_at: parts.clock.now() }
  changed.sort_due_at = changed.due_at ?? NEVER
  await updateTask(trx, row.id, changed)
  await keepDeadlines(parts, trx, { before: row, after: changed })
  const attributesOf = await listAttributes(trx, [row.id])
  const task = toTask(changed, attributesOf(row.id))
  await parts.outbox.append(
    trx,
    call,
    withAssignment(taskEvent(task, happening), { before: row, after: changed }),
  )
  return task
}

/** Removes a task whose row is locked; what is left is a tombstone in the log. */
export async function deleteTask(
  parts: TaskParts,
  trx: Transaction<TaskTables>,
  { call, row }: { readonly call: Call; readonly row: TaskRow },
): Promise<void> {
  const attributesOf = await listAttributes(trx, [row.id])
  const last: TaskRow = { ...row, version: row.version + 1, updated_at: parts.clock.now() }
  await keepDeadlines(parts, trx, { before: row, after: null })
  await parts.files.drop(trx, await listFileIds(trx, [row.id]))
  await removeTask(trx, row.id)
  await parts.outbox.append(trx, call, taskEvent(toTask(last, attributesOf(row.id)), 'deleted'))
}
