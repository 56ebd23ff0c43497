import type { Transaction } from 'kysely'
import type { BusinessDays } from '#platform/business-days'
import { addDays } from '#platform/business-days'
import type { Call } from '#platform/call'
import { timeOfReminder } from './deadlines.ts'
import type { TaskParts } from './parts.ts'
import { hasFollower, replaceLabels, type TaskRow } from './queries.ts'
import { isVisible } from './record-link.ts'
import { lockRecord } from './record-queries.ts'
import { nextRepetition } from './repeat-rules.ts'
import type { Task } from './schemas.ts'
import type { TaskTables } from './table.ts'
import { announceTask, insertNewTask, type NewTaskRow } from './task-changes.ts'
import { notAfterLastEnd, warningOf } from './task-expiry.ts'
import { daysBetween, momentOn, timeOfDay } from './time-of-day.ts'
import { checklistOf, recurrenceOf, remindersOf } from './views.ts'

type Ended = {
  readonly call: Call
  /** Done or expired, and locked; it may have been removed already. */
  readonly row: TaskRow
  readonly labels: readonly string[]
  readonly endedAt: Date
}

/**
 * Opens the next one of a task that repeats itself, in the transaction in which that ends. Nothing happens where there
 * is a later one already, so that a task that is done, taken up again and done again has one next one.
 */
export async function openNextTask(
  parts: TaskParts,
  trx: Transaction<TaskTables>,
  { call, row, labels, endedAt }: Ended,
): Promise<Task | null> {
  if (row.recurrence === null || row.series_id === null) return null
  const next = nextTaskOf(parts, row, endedAt)
  if (next === null || (await hasFollower(trx, row.series_id, row.occurrence))) return null
  if (await hasComeToItsState(trx, row, endedAt)) return null
  const inserted = await insertNewTask(parts, trx, { row: next })
  await replaceLabels(trx, next.id, labels)
  return await announceTask(parts, trx, { call, row: inserted })
}

/** Whether there is nothing more to wait for: the record is in the state with which the task would be done at once. */
async function hasComeToItsState(trx: Transaction<TaskTables>, row: TaskRow, now: Date): Promise<boolean> {
  const { record_kind: kind, record_id: id, record_closes_on: state } = row
  if (kind === null || id === null || state === null) return false
  const record = await lockRecord(trx, { kind, id, now })
  return record.state === state && isVisible(record, row)
}

/** The same task for the next day of its rule, at the same time of day; null when that was the last one. */
function nextTaskOf(parts: TaskParts, row: TaskRow, endedAt: Date): NewTaskRow | null {
  const { ids, businessDays } = parts
  const step = stepOf(businessDays, row, endedAt)
  if (step === null) return null
  const { sort_due_at: _sort, version: _version, created_at: _created, updated_at: _updated, ...same } = row
  const expiresAt = notAfterLastEnd(moved(businessDays, row.expires_at, step.days))
  const beforeSeconds = row.warn_before_seconds
  const checklist = checklistOf(row).map(({ text }) => ({ id: ids.next(), text, done: false }))
  const reminders = remindersOf(row).map(({ at, before_due_seconds: before }) => {
    const time = moved(businessDays, at === null ? null : new Date(at), step.days)?.toISOString() ?? null
    const goesOutAt = timeOfReminder({ due_at: step.dueAt }, { at: time, before_due_seconds: before })
    // What would have gone out by now is not made up for.
    const isPast = goesOutAt !== null && goesOutAt <= endedAt
    return { id: ids.next(), at: time, before_due_seconds: before, sent: isPast }
  })
  return {
    ...same,
    id: ids.next(),
    status: 'open',
    progress: null,
    due_at: step.dueAt,
    expires_at: expiresAt,
    warn_at: warningOf({ expiresAt, beforeSeconds, now: endedAt }),
    checklist: JSON.stringify(checklist),
    reminders: JSON.stringify(reminders),
    recurrence: JSON.stringify(step.rule),
    repeat_start: step.start,
    occurrence: row.occurrence + 1,
    // The deadline of the record was that of the first; the next ones go by their rule.
    record_inherits: null,
    started_at: null,
    completed_at: null,
    expired_at: null,
    archived_at: null,
  }
}

/** By how many days everything moves; never to where it would be over before it begins. */
function stepOf(businessDays: BusinessDays, row: TaskRow, endedAt: Date) {
  const rule = recurrenceOf(row)
  if (rule === null) return null
  const endedDay = businessDays.dayOf(endedAt)
  const dueDay = row.due_at === null ? null : businessDays.dayOf(row.due_at)
  const baseDay = dueDay ?? endedDay
  const ended = {
    rule,
    from: row.repeat_from === 'completion' ? ('completion' as const) : ('due' as const),
    start: row.repeat_start ?? baseDay,
    dueDay,
    endedDay,
  }
  let notBefore =
    row.expires_at === null
      ? endedDay
      : addDays(baseDay, daysBetween(businessDays.dayOf(row.expires_at), endedDay))
  for (;;) {
    const next = nextRepetition({ ...ended, notBefore })
    if (next === null) return null
    const days = daysBetween(baseDay, next.day)
    const expiresAt = moved(businessDays, row.expires_at, days)
    if (expiresAt === null || expiresAt > endedAt) {
      const time = row.repeat_time ?? timeOfDay(businessDays, row.due_at ?? endedAt)
      return { ...next, days, dueAt: momentOn(businessDays, next.day, time) }
    }
    notBefore = addDays(next.day, 1)
  }
}

/** So many days later at the same time of day. */
function moved(businessDays: BusinessDays, time: Date | null, days: number): Date | null {
  if (time === null) return null
  return momentOn(businessDays, addDays(businessDays.dayOf(time), days), timeOfDay(businessDays, time))
}
