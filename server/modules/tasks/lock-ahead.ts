import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { requireTask } from './access.ts'
import { listWaiting, lockOrderOfTasks, lockTasks } from './blocker-queries.ts'
import { isOpen } from './lifecycle.ts'
import { lockRecord } from './record-queries.ts'
import type { TaskChange } from './schemas.ts'
import type { TaskTables } from './table.ts'

type Ahead = {
  readonly call: Call
  readonly id: string
  readonly wanted: TaskChange
  readonly now: Date
}

/**
 * Locks what else a change of a task concerns, in the sequence that everybody keeps: what waits for what, the record,
 * tasks by id. A change that concerns nothing but its task asks nothing of the database.
 */
export async function lockAhead(
  trx: Transaction<TaskTables>,
  { call, id, wanted, now }: Ahead,
): Promise<void> {
  const { blocked_by_ids: blockers = [], record = null, status } = wanted
  const isEnding = status !== undefined && !isOpen(status)
  if (blockers.length === 0 && record === null && !isEnding) return
  await requireTask(trx, call, id)
  if (blockers.length > 0) await lockOrderOfTasks(trx)
  if (record !== null) await lockRecord(trx, { ...record, now })
  const others = [...blockers, ...(isEnding ? await listWaiting(trx, [id]) : [])]
  if (others.length > 0) await lockTasks(trx, [id, ...others])
}
