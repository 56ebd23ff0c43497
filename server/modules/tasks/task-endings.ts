import type { Transaction } from 'kysely'
import { type Call, systemCall } from '#platform/call'
import { listOpenBlockers, listWaiting, lockTask, lockTasks } from './blocker-queries.ts'
import { isOpen } from './lifecycle.ts'
import { openNextTask } from './next-task.ts'
import type { TaskParts } from './parts.ts'
import { listAttributes } from './queries.ts'
import { isVisible } from './record-link.ts'
import { findRecord } from './record-queries.ts'
import type { Task } from './schemas.ts'
import type { TaskTables } from './table.ts'
import { changeTask } from './task-changes.ts'
import { statusOf } from './views.ts'

type Released = { readonly call: Call; readonly taskIds: readonly string[] }

/**
 * What follows for the tasks that waited for these, which are over: those that wait for nothing else are announced, and
 * done where their record has come to its state meanwhile.
 */
export async function releaseWaiting(
  parts: TaskParts,
  trx: Transaction<TaskTables>,
  { call, taskIds }: Released,
): Promise<void> {
  const waiting = await listWaiting(trx, taskIds)
  await lockTasks(trx, waiting)
  for (const id of waiting.toSorted()) {
    // What follows for one of them may have changed the next.
    const row = await lockTask(trx, id)
    if (row === undefined || !isOpen(statusOf(row))) continue
    if ((await listOpenBlockers(trx, id)).length > 0) continue
    await changeTask(parts, trx, { call, row, change: {}, happening: 'updated' })
    await closeWithRecord(parts, trx, id)
  }
}

/**
 * Is done with an open task whose record is in the state that it waits for, unless other tasks have to be done first.
 * Null when nothing has happened.
 */
export async function closeWithRecord(
  parts: TaskParts,
  trx: Transaction<TaskTables>,
  taskId: string,
): Promise<Task | null> {
  const row = await lockTask(trx, taskId)
  if (row === undefined || !isOpen(statusOf(row)) || row.record_closes_on === null) return null
  const record = row.record_id === null ? undefined : await findRecord(trx, row.record_id)
  if (record === undefined || record.state !== row.record_closes_on || !isVisible(record, row)) return null
  if ((await listOpenBlockers(trx, taskId)).length > 0) return null
  const now = parts.clock.now()
  const change = { status: 'done', completed_at: now } as const
  const task = await changeTask(parts, trx, { call: systemCall, row, change, happening: 'completed' })
  const { labels } = (await listAttributes(trx, [taskId]))(taskId)
  await openNextTask(parts, trx, { call: systemCall, row: { ...row, ...change }, labels, endedAt: now })
  await releaseWaiting(parts, trx, { call: systemCall, taskIds: [taskId] })
  return task
}
