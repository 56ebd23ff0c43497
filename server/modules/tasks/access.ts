import type { Kysely, Transaction } from 'kysely'
import { actorOf, type Call, may } from '#platform/call'
import { refuse } from './errors.ts'
import { findVisibleTask, lockVisibleTask, type Viewer } from './list-queries.ts'
import type { TaskRow } from './queries.ts'
import type { TaskTables } from './table.ts'

/** Who asks to see tasks: null for those who see all of them. */
export function viewerOf(call: Call): Viewer {
  return may(call, 'tasks:read_any') ? null : actorOf(call).userId
}

/** Who asks to change tasks: null for those who change all of them, which are never more than they see. */
export function writerOf(call: Call): Viewer {
  return may(call, 'tasks:write_any') ? viewerOf(call) : actorOf(call).userId
}

/** What the caller may not see is refused as what is not there, after the same one question to the database. */
export async function getTaskRow(db: Kysely<TaskTables>, call: Call, id: string): Promise<TaskRow> {
  const row = await findVisibleTask(db, { id, viewer: viewerOf(call) })
  if (row === undefined) throw refuse('task_not_found')
  return row
}

/**
 * Refuses the same before anything is locked or asked that depends on the task: what a stranger's request comes to says
 * nothing of it.
 */
export async function requireTask(trx: Transaction<TaskTables>, call: Call, id: string): Promise<void> {
  if ((await findVisibleTask(trx, { id, viewer: writerOf(call) })) === undefined)
    throw refuse('task_not_found')
}

/** The same with its row locked, for those who change it. */
export async function getLockedTask(trx: Transaction<TaskTables>, call: Call, id: string): Promise<TaskRow> {
  const row = await lockVisibleTask(trx, { id, viewer: writerOf(call) })
  if (row === undefined) throw refuse('task_not_found')
  return row
}

/** Refuses what only the owner of a task may do, and those who may change all of them: to have it removed. */
export function requireOwner(call: Call, { owner_id: ownerId }: Pick<TaskRow, 'owner_id'>): void {
  if (ownerId !== actorOf(call).userId && writerOf(call) !== null) throw refuse('deleted_by_owner')
}
