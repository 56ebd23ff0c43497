import type { Transaction } from 'kysely'
import { actorOf, type Call } from '#platform/call'
import { requireAssignee } from './assignees.ts'
import { chooseBlockers } from './blockers.ts'
import { atOneMoment, type TaskParts } from './parts.ts'
import { replaceBlockers, replaceLabels } from './queries.ts'
import { linkRecord } from './record-link.ts'
import { requireRoom } from './room.ts'
import type { Task, TaskBody } from './schemas.ts'
import type { TaskTables } from './table.ts'
import { announceTask, insertNewTask } from './task-changes.ts'
import { closeWithRecord } from './task-endings.ts'
import { columnsOf, searchTextOf, toLabels } from './task-input.ts'

type Opening = { readonly call: Call; readonly body: TaskBody }

/** Opens a task of the caller's (T1). */
export async function openTask(
  givenParts: TaskParts,
  trx: Transaction<TaskTables>,
  { call, body }: Opening,
): Promise<Task> {
  const parts = atOneMoment(givenParts)
  const { ids, clock } = parts
  const labels = toLabels(body.labels ?? [])
  const now = clock.now()
  const link = await linkRecord(trx, { call, body, row: null, now })
  const columns = {
    ...columnsOf(parts, { body: { ...body, ...link.times }, row: null, now }),
    ...link.columns,
  }
  const blockedByIds = await chooseBlockers(trx, {
    call,
    taskId: null,
    before: [],
    wanted: body.blocked_by_ids ?? [],
  })
  const ownerId = actorOf(call).userId
  const ties = { owner_id: ownerId, record_id: columns.record_id ?? null, blockedByIds }
  await requireRoom(trx, { before: null, after: ties })
  const assigneeId = body.assignee_id ?? null
  if (assigneeId !== null) await requireAssignee(trx, call, assigneeId)
  const title = columns.title ?? body.title
  const description = columns.description ?? null
  const id = ids.next()
  const row = await insertNewTask(parts, trx, {
    row: {
      id,
      owner_id: ownerId,
      assignee_id: assigneeId,
      title,
      description,
      search_text: searchTextOf({ title, description, labels }),
      status: 'open',
      progress: null,
      priority: 2,
      due_at: null,
      expires_at: null,
      on_expire: 'mark',
      warn_before_seconds: null,
      warn_at: null,
      checklist: '[]',
      reminders: '[]',
      recurrence: null,
      repeat_from: null,
      repeat_start: null,
      repeat_time: null,
      series_id: columns.recurrence === undefined || columns.recurrence === null ? null : id,
      occurrence: 1,
      record_kind: null,
      record_id: null,
      record_label: null,
      record_inherits: null,
      record_closes_on: null,
      record_viewer_id: null,
      started_at: null,
      completed_at: null,
      expired_at: null,
      archived_at: null,
      ...columns,
    },
  })
  await replaceLabels(trx, id, labels)
  if (blockedByIds.length > 0) await replaceBlockers(trx, id, blockedByIds)
  const task = await announceTask(parts, trx, { call, row })
  if (row.record_closes_on === null) return task
  return (await closeWithRecord(parts, trx, id)) ?? task
}
