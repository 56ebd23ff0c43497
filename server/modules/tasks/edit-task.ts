import type { Transaction } from 'kysely'
import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { getLockedTask, requireOwner } from './access.ts'
import { requireAssignee } from './assignees.ts'
import { chooseBlockers, refuseBlocked } from './blockers.ts'
import { refuse } from './errors.ts'
import { allowedTransitions, isOpen, type TaskStatus } from './lifecycle.ts'
import { lockAhead } from './lock-ahead.ts'
import { openNextTask } from './next-task.ts'
import { atOneMoment, type TaskParts } from './parts.ts'
import { type Attributes, listAttributes, replaceBlockers, replaceLabels, type TaskRow } from './queries.ts'
import { linkRecord } from './record-link.ts'
import { requireRoom } from './room.ts'
import type { Task, TaskChange } from './schemas.ts'
import type { TaskTables } from './table.ts'
import { changeTask } from './task-changes.ts'
import { closeWithRecord, releaseWaiting } from './task-endings.ts'
import { hasEnded, isRemovedSooner, revivalOf } from './task-expiry.ts'
import { columnsOf, searchTextOf, toLabels } from './task-input.ts'
import { statusOf, toTask } from './views.ts'

export type EditTask = ReturnType<typeof createEditTask>

/** Changes what is named of a task, its status included (T1, T2). */
export function createEditTask(parts: TaskParts) {
  return async function editTask(call: Call<Task>, id: string, wanted: TaskChange): Promise<Task> {
    return await transaction(parts.db, call, async (trx) => {
      await lockAhead(trx, { call, id, wanted, now: parts.clock.now() })
      const row = await getLockedTask(trx, call, id)
      checkVersion(call, row)
      return await applyChange(parts, trx, { call, row, wanted })
    })
  }
}

type Edit = {
  readonly call: Call
  /** Locked. */
  readonly row: TaskRow
  readonly wanted: TaskChange
}

/** Changes a task whose row is locked as somebody wants it, with what follows from it. */
export async function applyChange(
  givenParts: TaskParts,
  trx: Transaction<TaskTables>,
  { call, row, wanted }: Edit,
): Promise<Task> {
  const parts = atOneMoment(givenParts)
  const now = parts.clock.now()
  const attributes = (await listAttributes(trx, [row.id]))(row.id)
  const labels = wanted.labels === undefined ? attributes.labels : toLabels(wanted.labels)
  const blockedByIds = await blockersAfter(trx, { call, row, wanted }, attributes)
  const link = await linkRecord(trx, { call, body: wanted, row, now })
  const body = { ...wanted, ...link.times }
  const columns = { ...columnsOf(parts, { body, row, now }), ...link.columns }
  const revival = isMoreTime(columns, now) ? revivalOf(row) : {}
  const current = { ...row, ...revival }
  const change: Partial<TaskRow> = { ...columns, ...revival, ...statusChange(current, wanted.status, now) }
  if (isRemovedSooner(row, { ...row, ...change })) requireOwner(call, row)
  refuseOpenPastEnd({ before: row, after: { ...row, ...change }, now })
  if (isOpen(statusOf({ ...row, ...change })))
    await requireRoom(trx, {
      before: isOpen(statusOf(row)) ? { ...row, blockedByIds: attributes.blockedByIds } : null,
      after: { ...row, ...change, blockedByIds },
    })
  if (wanted.assignee_id !== undefined && wanted.assignee_id !== row.assignee_id) {
    if (wanted.assignee_id !== null) await requireAssignee(trx, call, wanted.assignee_id)
    change.assignee_id = wanted.assignee_id
  }
  if (wanted.archived !== undefined && wanted.archived !== (current.archived_at !== null))
    change.archived_at = wanted.archived ? now : null
  change.search_text = searchTextOf({ ...row, ...change, labels })
  const areLabelsNew = labels.join('\n') !== attributes.labels.join('\n')
  const areBlockersNew = blockedByIds.join() !== attributes.blockedByIds.join()
  if (!areLabelsNew && !areBlockersNew && isSame(row, change)) return toTask(row, attributes)
  if (areLabelsNew) await replaceLabels(trx, row.id, labels)
  if (areBlockersNew) await replaceBlockers(trx, row.id, blockedByIds)
  const isDone = change.status === 'done'
  if (isDone) await refuseBlocked(trx, call, row.id)
  const happening = isDone ? 'completed' : 'updated'
  const task = await changeTask(parts, trx, { call, row, change, happening })
  if (isDone) await openNextTask(parts, trx, { call, row: { ...row, ...change }, labels, endedAt: now })
  if (change.status !== undefined && !isOpen(task.status))
    await releaseWaiting(parts, trx, { call, taskIds: [row.id] })
  const isReady = wanted.record !== undefined || areBlockersNew
  return (isReady ? await closeWithRecord(parts, trx, row.id) : null) ?? task
}

async function blockersAfter(
  trx: Transaction<TaskTables>,
  { call, row, wanted }: Edit,
  { blockedByIds: before }: Attributes,
): Promise<readonly string[]> {
  if (wanted.blocked_by_ids === undefined) return before
  return await chooseBlockers(trx, { call, taskId: row.id, before, wanted: wanted.blocked_by_ids })
}

/** Whether the end is taken away or lies ahead: a task that has expired goes on then. */
function isMoreTime({ expires_at: expiresAt }: Partial<TaskRow>, now: Date): boolean {
  return expiresAt === null || (expiresAt !== undefined && expiresAt > now)
}

type Reopening = { readonly before: TaskRow; readonly after: TaskRow; readonly now: Date }

/** A task is not taken up again past its end, for it would expire at once. */
function refuseOpenPastEnd({ before, after, now }: Reopening): void {
  if (isOpen(statusOf(before)) || !isOpen(statusOf(after)) || !hasEnded(after, now)) return
  throw refuse('end_has_passed', { details: { expires_at: after.expires_at?.toISOString() ?? null } })
}

/** Refuses what the life of a task does not know. */
export function statusChange(row: TaskRow, wanted: TaskStatus | undefined, now: Date): Partial<TaskRow> {
  const current = statusOf(row)
  if (wanted === undefined || wanted === current) return {}
  const allowed = allowedTransitions(current)
  if (!allowed.includes(wanted))
    throw refuse('invalid_transition', {
      details: { current_status: current, wanted, allowed_transitions: allowed },
    })
  return {
    status: wanted,
    started_at: wanted === 'in_progress' ? (row.started_at ?? now) : row.started_at,
    completed_at: wanted === 'done' ? now : null,
    // What was finished once and goes on is not all done any more.
    ...(isOpen(wanted) && current === 'done' && row.progress === 100 ? { progress: null } : {}),
  }
}

/** Whether a change would leave the row as it is. */
export function isSame(row: TaskRow, change: Partial<TaskRow>): boolean {
  return Object.entries(change).every(([name, value]) => {
    const was: unknown = Reflect.get(row, name)
    return value instanceof Date && was instanceof Date ? value.getTime() === was.getTime() : value === was
  })
}
