import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { knownWord } from '#platform/database/words'
import { RecurrenceRule } from '#platform/http/recurrence'
import {
  expiryActions,
  inheritedTimes,
  priorities,
  progressOf,
  recordKinds,
  repeatOrigins,
  type TaskStatus,
  taskStatuses,
} from './lifecycle.ts'
import type { Attributes, TaskRow } from './queries.ts'
import { ChecklistItem, Reminder, type Task } from './schemas.ts'

export type ChecklistItem = Static<typeof ChecklistItem>
export type Reminder = Static<typeof Reminder>

const checklistShape = Compile(Type.Array(ChecklistItem))
const remindersShape = Compile(Type.Array(Reminder))
const recurrenceShape = Compile(RecurrenceRule)

export function statusOf({ id, status }: Pick<TaskRow, 'id' | 'status'>): TaskStatus {
  return knownWord(taskStatuses, status, `the task ${id}`)
}

export function checklistOf({ checklist }: Pick<TaskRow, 'checklist'>): ChecklistItem[] {
  return checklistShape.Parse(JSON.parse(checklist))
}

export function remindersOf({ reminders }: Pick<TaskRow, 'reminders'>): Reminder[] {
  return remindersShape.Parse(JSON.parse(reminders))
}

export function recurrenceOf({ recurrence }: Pick<TaskRow, 'recurrence'>): RecurrenceRule | null {
  return recurrence === null ? null : recurrenceShape.Parse(JSON.parse(recurrence))
}

export function toTask(row: TaskRow, { labels, blockedByIds }: Attributes): Task {
  const status = statusOf(row)
  const checklist = checklistOf(row)
  return {
    id: row.id,
    owner_id: row.owner_id,
    assignee_id: row.assignee_id,
    title: row.title,
    description: row.description,
    status,
    progress: progressOf({ status, byHand: row.progress, checklist }),
    priority: priorities[row.priority - 1] ?? 'normal',
    due_at: toText(row.due_at),
    expires_at: toText(row.expires_at),
    on_expire: knownWord(expiryActions, row.on_expire, `the task ${row.id}`),
    warn_before_seconds: row.warn_before_seconds,
    labels: [...labels],
    checklist,
    reminders: remindersOf(row),
    recurrence: recurrenceOf(row),
    repeat_from:
      row.repeat_from === null ? null : knownWord(repeatOrigins, row.repeat_from, `the task ${row.id}`),
    series_id: row.series_id,
    occurrence: row.occurrence,
    record: recordOf(row),
    blocked_by_ids: [...blockedByIds],
    archived: row.archived_at !== null,
    started_at: toText(row.started_at),
    completed_at: toText(row.completed_at),
    expired_at: toText(row.expired_at),
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

function recordOf(row: TaskRow): Task['record'] {
  if (row.record_kind === null || row.record_id === null) return null
  return {
    kind: knownWord(recordKinds, row.record_kind, `the task ${row.id}`),
    id: row.record_id,
    label: row.record_label,
    inherits:
      row.record_inherits === null
        ? null
        : knownWord(inheritedTimes, row.record_inherits, `the task ${row.id}`),
    closes_on: row.record_closes_on,
  }
}

function toText(time: Date | null): string | null {
  return time?.toISOString() ?? null
}
