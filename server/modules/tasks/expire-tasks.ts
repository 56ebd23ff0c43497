import type { Transaction } from 'kysely'
import { systemCall } from '#platform/call'
import type { NewEvent } from '#platform/events/outbox'
import type { RowTimerKind } from '#platform/timers/timer'
import { listFileIds } from './comment-queries.ts'
import { dropDeadlines, EXPIRY } from './deadlines.ts'
import { removeTasks, updateTasks } from './due-queries.ts'
import { createTaskTimer } from './due-tasks.ts'
import { taskEvent } from './events.ts'
import { openNextTask } from './next-task.ts'
import type { TaskParts } from './parts.ts'
import { type Attributes, listAttributes, type TaskRow } from './queries.ts'
import type { TaskTables } from './table.ts'
import { releaseWaiting } from './task-endings.ts'
import { toTask } from './views.ts'

/** Ends open tasks at their `expires_at` (T3): they stay in the lists, are hidden, or are removed, as each says. */
export function createExpiry(parts: TaskParts): RowTimerKind {
  return createTaskTimer(parts, {
    kind: EXPIRY,
    alarmOf: (id) => `task:expiry:${id}`,
    async work(trx, due) {
      const now = due.parts.clock.now()
      const attributesOf = await listAttributes(
        trx,
        due.rows.map(({ id }) => id),
      )
      const expired = due.rows.map((row) => expire(row, now))
      await writeExpired(due.parts, trx, expired)
      await dropDeadlines(due.parts, trx, { rows: due.rows, ended: EXPIRY })
      const events = expired.flatMap((row) => eventsOf(row, attributesOf(row.id)))
      await due.parts.outbox.append(trx, systemCall, ...events)
      for (const row of expired)
        if (row.recurrence !== null)
          await openNextTask(due.parts, trx, {
            call: systemCall,
            row,
            labels: attributesOf(row.id).labels,
            endedAt: now,
          })
      const taskIds = expired.map(({ id }) => id)
      await releaseWaiting(due.parts, trx, { call: systemCall, taskIds })
      return taskIds.map((subject) => ({ subject, again: null }))
    },
  })
}

function expire(row: TaskRow, now: Date): TaskRow {
  return {
    ...row,
    status: 'expired',
    expired_at: now,
    warn_at: null,
    archived_at: row.on_expire === 'archive' ? now : row.archived_at,
    version: row.version + 1,
    updated_at: now,
  }
}

async function writeExpired(
  parts: TaskParts,
  trx: Transaction<TaskTables>,
  expired: readonly TaskRow[],
): Promise<void> {
  const now = parts.clock.now()
  const idsOf = (isOne: (row: TaskRow) => boolean): string[] => expired.filter(isOne).map(({ id }) => id)
  const isRemoved = (row: TaskRow): boolean => row.on_expire === 'delete'
  const isHidden = (row: TaskRow): boolean => row.on_expire === 'archive'
  const change = { status: 'expired', expired_at: now, warn_at: null }
  await updateTasks(trx, { ids: idsOf((row) => !isRemoved(row) && !isHidden(row)), change, now })
  await updateTasks(trx, { ids: idsOf(isHidden), change: { ...change, archived_at: now }, now })
  const removed = idsOf(isRemoved)
  if (removed.length === 0) return
  await parts.files.drop(trx, await listFileIds(trx, removed))
  await removeTasks(trx, removed)
}

/** One that is removed leaves the whole of itself behind, and a tombstone. */
function eventsOf(row: TaskRow, attributes: Attributes): NewEvent[] {
  const expired = taskEvent(toTask(row, attributes), 'expired')
  if (row.on_expire !== 'delete') return [expired]
  return [expired, taskEvent(toTask({ ...row, version: row.version + 1 }, attributes), 'deleted')]
}
