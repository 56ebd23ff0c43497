import { addDays } from '#platform/business-days'
import { firstOnOrAfter, lastOnOrBefore, type Recurrence } from '#platform/recurrence'
import type { ScheduleRule } from './schedule-schemas.ts'

/** The first day from today on for which there is no order yet; null when there is none any more. */
export function nextDay(
  rule: ScheduleRule,
  { today, lastRaised }: { readonly today: string; readonly lastRaised: string | null },
): string | null {
  const from = lastRaised !== null && lastRaised >= today ? addDays(lastRaised, 1) : today
  return firstOnOrAfter(recurrenceOf(rule), from)
}

type Due = { readonly today: string; readonly dueDay: string }

/**
 * The day for which an order is raised now, when one was due on `dueDay`: the last one that has come. After a time in
 * which nobody was there to raise any, there is one order and not a heap of them, each late already.
 */
export function dayToRaise(rule: ScheduleRule, { today, dueDay }: Due): string {
  return lastOnOrBefore(recurrenceOf(rule), today) ?? dueDay
}

function recurrenceOf({ interval = 1, ...rest }: ScheduleRule): Recurrence {
  return { ...rest, interval }
}
