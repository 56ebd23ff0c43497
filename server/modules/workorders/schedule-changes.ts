import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { scheduleEvent } from './events.ts'
import type { WorkOrderParts } from './parts.ts'
import { type ScheduleRow, updateSchedule } from './schedule-queries.ts'
import type { Schedule } from './schedule-schemas.ts'
import { toSchedule } from './schedule-views.ts'
import type { WorkOrderTables } from './table.ts'

/** The kind of the timers that raise the orders of schedules; the subject is the schedule's id. */
export const RAISE = 'work_schedule.raise'

type Change = {
  readonly call: Call
  /** Locked. */
  readonly row: ScheduleRow
  readonly change: Partial<ScheduleRow>
  readonly what?: 'updated' | 'deleted'
}

/** Writes a change of a schedule whose row is locked, with its event; its timer is for the caller to keep. */
export async function changeSchedule(
  { clock, outbox }: Pick<WorkOrderParts, 'clock' | 'outbox'>,
  trx: Transaction<WorkOrderTables>,
  { call, row, change, what = 'updated' }: Change,
): Promise<Schedule> {
  const changed = { ...row, ...change, version: row.version + 1, updated_at: clock.now() }
  await updateSchedule(trx, changed)
  const schedule = toSchedule(changed)
  await outbox.append(trx, call, scheduleEvent(what, schedule))
  return schedule
}

/** Wakes at the first moment of the next day, or no more where there is none. */
export async function keepRaising(
  { timers, businessDays }: Pick<WorkOrderParts, 'timers' | 'businessDays'>,
  trx: Transaction<WorkOrderTables>,
  { id, next_day: next }: Pick<ScheduleRow, 'id' | 'next_day'>,
): Promise<void> {
  const timer = { kind: RAISE, subject: id }
  await (next === null
    ? timers.cancel(trx, timer)
    : timers.schedule(trx, { ...timer, dueAt: businessDays.startOf(next) }))
}
