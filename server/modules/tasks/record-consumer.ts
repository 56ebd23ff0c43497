import type { Transaction } from 'kysely'
import { systemCall } from '#platform/call'
import { defineConsumer, type EventConsumer, isLater } from '#platform/events/consumer'
import type { EventEnvelope } from '#platform/events/envelope'
import { listWaiting, lockTask, lockTasks } from './blocker-queries.ts'
import { isSame } from './edit-task.ts'
import { atOneMoment, type TaskParts } from './parts.ts'
import type { TaskRow } from './queries.ts'
import { readFacts, recordEventTypes } from './record-facts.ts'
import { endAt, isVisible } from './record-link.ts'
import {
  insertRecordOnce,
  listTasksOfRecord,
  lockKnownRecord,
  type RecordRow,
  updateRecord,
} from './record-queries.ts'
import type { TaskTables } from './table.ts'
import { changeTask } from './task-changes.ts'
import { closeWithRecord } from './task-endings.ts'
import { columnsOf } from './task-input.ts'

/**
 * Keeps the copy of the records that tasks may hang on, and what follows for those that do: they take over its name and
 * its deadline, and are done when it comes to the state that they wait for. Whatever comes late or again changes nothing.
 */
export function createRecordConsumer(parts: TaskParts): EventConsumer {
  return defineConsumer<TaskTables>({
    name: 'tasks.records',
    types: recordEventTypes,
    async handle(event, trx) {
      const change = await keepFacts(trx, event)
      if (change !== null) await follow(parts, trx, change)
    },
  })
}

type Change = { readonly before: RecordRow; readonly after: RecordRow }

/** Answers what tasks have to follow; none hangs on a record that had no row. */
async function keepFacts(trx: Transaction<TaskTables>, event: EventEnvelope): Promise<Change | null> {
  const { id, kind, label, state, dueAt, viewerIds, version } = readFacts(event)
  const after: RecordRow = {
    id,
    kind,
    label,
    state,
    due_at: dueAt,
    viewer_ids: JSON.stringify(viewerIds),
    version,
    updated_at: new Date(event.time),
  }
  if (await insertRecordOnce(trx, after)) return null
  const before = await lockKnownRecord(trx, id)
  if (!isLater(after, before)) return null
  await updateRecord(trx, after)
  return { before, after }
}

/** No task comes to hang on the record meanwhile, for its row is locked. */
async function follow(givenParts: TaskParts, trx: Transaction<TaskTables>, change: Change): Promise<void> {
  const parts = atOneMoment(givenParts)
  const { before, after } = change
  const ids = await listTasksOfRecord(trx, after)
  if (ids.length === 0) return
  await lockTasks(trx, [...ids, ...(await listWaiting(trx, ids))])
  const ready: string[] = []
  for (const id of ids) {
    const row = await lockTask(trx, id)
    if (row === undefined || row.record_id !== after.id || !isVisible(after, row)) continue
    const isNew = row.record_label === null
    const columns = { record_label: after.label, ...timesOf(parts, row, change) }
    if (!isSame(row, columns))
      await changeTask(parts, trx, { call: systemCall, row, change: columns, happening: 'updated' })
    if (isNew || before.state !== after.state) ready.push(id)
  }
  // When all of them have heard the news, for to close one may be to close others.
  for (const id of ready) await closeWithRecord(parts, trx, id)
}

/** The times of a task that follow those of the record, where these have moved. */
function timesOf(parts: TaskParts, row: TaskRow, { before, after }: Change): Partial<TaskRow> {
  const deadline = after.due_at
  const isMoved = before.due_at?.getTime() !== deadline?.getTime()
  if (row.record_inherits === null || !(isMoved || (row.record_label === null && deadline !== null)))
    return {}
  const now = parts.clock.now()
  if (row.record_inherits === 'due_at')
    return columnsOf(parts, { body: { due_at: deadline?.toISOString() ?? null }, row, now })
  return endAt({ expiresAt: deadline, beforeSeconds: row.warn_before_seconds, now })
}
