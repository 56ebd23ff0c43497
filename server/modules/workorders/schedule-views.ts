import { toRecurrence } from '#platform/http/recurrence'
import { firstOnOrAfter, listDays } from '#platform/recurrence'
import type { ScheduleRow } from './schedule-queries.ts'
import type { Schedule } from './schedule-schemas.ts'

const DAYS_SHOWN = 5

/** The first day from this one on for which an order is to be raised; null when there is none any more. */
export function dayFrom({ rule, start_day: start }: Pick<ScheduleRow, 'rule' | 'start_day'>, from: string) {
  return firstOnOrAfter(toRecurrence(rule, start), from < start ? start : from)
}

/** Everything in it is of its version, so that the days shown do not depend on when somebody looks. */
export function toSchedule(row: ScheduleRow): Schedule {
  const { id, name, rule, start_day: start, next_day: next } = row
  return {
    id,
    name,
    status: row.paused_at !== null ? 'paused' : next === null ? 'ended' : 'active',
    rule,
    start,
    ...row.template,
    next_days: next === null ? [] : listDays(toRecurrence(rule, start), { from: next, most: DAYS_SHOWN }),
    last_raised: row.last_raised,
    created_by: row.created_by,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
