import { fold } from '#platform/database/search'
import { invalidField } from '#platform/errors'
import { checkRecurrence } from '#platform/http/recurrence'
import type { Text } from '#platform/language'
import { rankOf } from './lifecycle.ts'
import type { TaskParts } from './parts.ts'
import type { TaskRow } from './queries.ts'
import type { TaskBody, TaskChange } from './schemas.ts'
import { expiryAt, refuseFarEnd } from './task-expiry.ts'
import { timeOfDay } from './time-of-day.ts'
import { type ChecklistItem, checklistOf, type Reminder, remindersOf } from './views.ts'

/** Labels as they are kept: in small letters, each once, in the order of their letters. */
export function toLabels(given: readonly string[]): string[] {
  return [...new Set(given.map((label) => fold(label, 60)))].toSorted()
}

/** What `q` finds a task by. */
export function searchTextOf({
  title,
  description,
  labels,
}: Pick<TaskRow, 'title' | 'description'> & { readonly labels: readonly string[] }): string {
  return fold([title, ...labels, description ?? ''].join(' '), 60_000)
}

type Given = {
  readonly body: TaskBody | TaskChange
  /** Null for a new task. */
  readonly row: TaskRow | null
  readonly now: Date
}

/** The columns that a body decides by itself: everything but labels, blockers, the record, the assignee and the status. */
export function columnsOf(parts: Pick<TaskParts, 'ids' | 'businessDays'>, given: Given): Partial<TaskRow> {
  const { body } = given
  const change: Partial<TaskRow> = {}
  if (body.title !== undefined) change.title = body.title.trim()
  if (body.description !== undefined) change.description = body.description
  if (body.priority !== undefined) change.priority = rankOf(body.priority)
  if (body.progress !== undefined) change.progress = body.progress
  if (body.due_at !== undefined) change.due_at = body.due_at === null ? null : new Date(body.due_at)
  if (body.on_expire !== undefined) change.on_expire = body.on_expire
  if (body.checklist !== undefined) change.checklist = JSON.stringify(toChecklist(parts, given))
  Object.assign(change, expiryOf(given))
  Object.assign(change, remindersIn(parts, given, change))
  Object.assign(change, recurrenceIn(parts, given, change))
  return change
}

function expiryOf({ body, row, now }: Given): Partial<TaskRow> {
  const { expires_at: at, ttl_seconds: ttl, warn_before_seconds: before } = body
  if (isGiven(at) && isGiven(ttl)) throw wrong('/ttl_seconds', BESIDES_EXPIRY)
  const isNamed = at !== undefined || ttl !== undefined
  if (!isNamed && before === undefined) return {}
  const expiresAt = isNamed ? momentOf(at, ttl, now) : (row?.expires_at ?? null)
  if (isNamed) refuseFarEnd(expiresAt, isGiven(ttl) ? '/ttl_seconds' : '/expires_at')
  return expiryAt({ row, expiresAt, beforeSeconds: before, now })
}

function momentOf(at: string | null | undefined, ttl: number | null | undefined, now: Date): Date | null {
  if (isGiven(at)) return new Date(at)
  return isGiven(ttl) ? new Date(now.getTime() + ttl * 1_000) : null
}

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== undefined && value !== null
}

/** An item that is named again by its id stays that item; an id that is not its own is none. */
function toChecklist({ ids }: Pick<TaskParts, 'ids'>, { body, row }: Given): ChecklistItem[] {
  const known = new Map((row === null ? [] : checklistOf(row)).map((item) => [item.id, item]))
  return (body.checklist ?? []).map((item) => {
    if (typeof item === 'string') return { id: ids.next(), text: item.trim(), done: false }
    const same = item.id === undefined ? undefined : known.get(item.id)
    known.delete(item.id ?? '')
    return { id: same?.id ?? ids.next(), text: item.text.trim(), done: item.done ?? same?.done ?? false }
  })
}

/** A reminder goes out again when its time is moved: with a new list, or, for those before it, with a new due time. */
function remindersIn(
  { ids }: Pick<TaskParts, 'ids'>,
  { body, row }: Given,
  change: Partial<TaskRow>,
): Partial<TaskRow> {
  const before = row?.due_at ?? null
  const dueAt = change.due_at === undefined ? before : change.due_at
  const isMoved = dueAt?.getTime() !== before?.getTime()
  const known = (row === null ? [] : remindersOf(row)).map((each) =>
    isMoved && each.at === null ? { ...each, sent: false } : each,
  )
  if (body.reminders === undefined)
    return isMoved && known.length > 0 ? { reminders: JSON.stringify(known) } : {}
  // Where it follows a record, there may be none yet.
  const inherits = body.record === undefined ? row?.record_inherits : body.record?.inherits
  const isInherited = inherits === 'due_at'
  const reminders = body.reminders.map(({ at, before_due_seconds: seconds }, index): Reminder => {
    const pointer = `/reminders/${index}`
    if (isGiven(at) === isGiven(seconds)) throw wrong(pointer, ONE_TIME)
    if (isGiven(seconds) && dueAt === null && !isInherited)
      throw wrong(`${pointer}/before_due_seconds`, WITHOUT_DUE)
    const time = isGiven(at) ? new Date(at).toISOString() : null
    const same = known.find((each) => each.at === time && each.before_due_seconds === (seconds ?? null))
    return same ?? { id: ids.next(), at: time, before_due_seconds: seconds ?? null, sent: false }
  })
  return { reminders: JSON.stringify(reminders.filter(isFirstOfItsTime)) }
}

function isFirstOfItsTime(reminder: Reminder, index: number, all: readonly Reminder[]): boolean {
  const { at, before_due_seconds: seconds } = reminder
  return index === all.findIndex((each) => each.at === at && each.before_due_seconds === seconds)
}

function recurrenceIn(
  { businessDays }: Pick<TaskParts, 'businessDays'>,
  { body, row }: Given,
  change: Partial<TaskRow>,
): Partial<TaskRow> {
  const { recurrence: rule, repeat_from: from } = body
  const dueAt = change.due_at === undefined ? (row?.due_at ?? null) : change.due_at
  const time = dueAt === null ? {} : { repeat_time: timeOfDay(businessDays, dueAt) }
  if (rule === undefined) {
    if (row === null || row.recurrence === null) return {}
    return {
      ...(from === undefined ? {} : { repeat_from: from ?? 'due' }),
      ...(change.due_at === undefined ? {} : time),
    }
  }
  if (rule === null) return { recurrence: null, repeat_from: null, repeat_start: null, repeat_time: null }
  if (dueAt === null) throw wrong('/recurrence', WITHOUT_DUE)
  const start = businessDays.dayOf(dueAt)
  checkRecurrence({ rule, start, pointer: '/recurrence' })
  return {
    recurrence: JSON.stringify(rule),
    repeat_from: from ?? row?.repeat_from ?? 'due',
    repeat_start: start,
    ...time,
    ...(row === null ? {} : { series_id: row.series_id ?? row.id }),
  }
}

const BESIDES_EXPIRY: Text = {
  en: 'must not be given besides `expires_at`',
  id: 'tidak boleh diisi bersama `expires_at`',
}
const ONE_TIME: Text = {
  en: 'needs one of `at` and `before_due_seconds`',
  id: 'memerlukan salah satu dari `at` dan `before_due_seconds`',
}
const WITHOUT_DUE: Text = { en: 'needs a task with `due_at`', id: 'memerlukan tugas dengan `due_at`' }

function wrong(pointer: string, text: Text) {
  return invalidField({ pointer, code: 'invalid', text })
}
