import { addDays, type BusinessDays } from '#platform/business-days'
import type { ReportDays } from '#platform/report-days'

/** The part of a week that a report covers; `week` is the ISO week, Monday to Sunday, as `2026-W47`. */
export type ReportWeek = ReportDays & { readonly week: string }

/** From `since`, up to but not including `until`. */
export type Times = { readonly since: Date; readonly until: Date }

/** All weeks that the days touch, the first and the last of them cut where the days end. */
export function weeksOf({ from, to }: ReportDays): ReportWeek[] {
  const weeks: ReportWeek[] = []
  for (let first = from; first <= to; ) {
    const sunday = addDays(first, 7 - weekdayOf(first))
    weeks.push({ week: weekOf(first), from: first, to: sunday < to ? sunday : to })
    first = addDays(sunday, 1)
  }
  return weeks
}

/** The year of an ISO week is that of its Thursday (ISO 8601), so that the last days of December may be in week 1. */
export function weekOf(day: string): string {
  const thursday = addDays(day, 4 - weekdayOf(day))
  const year = thursday.slice(0, 4)
  const dayOfYear = (Date.parse(thursday) - Date.parse(`${year}-01-01`)) / DAY_MS
  return `${year}-W${String(Math.floor(dayOfYear / 7) + 1).padStart(2, '0')}`
}

/** From the first moment of the first day to the first moment after the last one. */
export function timesOf(businessDays: BusinessDays, { from, to }: ReportDays): Times {
  return { since: businessDays.startOf(from), until: businessDays.startOf(addDays(to, 1)) }
}

/** The same, but nothing of what is still to come; empty if all of it is. */
export function upTo(now: Date, { since, until }: Times): Times {
  const end = now < until ? now : until
  return { since, until: end < since ? since : end }
}

/** Monday is 1, Sunday 7. */
function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00.000Z`).getUTCDay() || 7
}

const DAY_MS = 86_400_000
