import { addDays } from './business-days.ts'

export const weekdays = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const
export type Weekday = (typeof weekdays)[number]

/** On which business days something happens again and again; days are written `2026-11-21`. */
export type Recurrence = {
  readonly frequency: 'daily' | 'weekly' | 'monthly' | 'yearly'
  /** Every so many days, weeks (from Monday on), months or years, counted from those of `start`. */
  readonly interval: number
  /** Nothing happens before it; it happens on it only if the rule says so. */
  readonly start: string
  /** Weekly: on these, else on the weekday of `start`. */
  readonly weekdays?: readonly Weekday[] | undefined
  /** Yearly: in this month from 1 on, else in the month of `start`. */
  readonly month?: number | undefined
  /** Monthly and yearly: on this day of the month, or on the last one that a shorter month has; else on that of `start`. */
  readonly day?: number | 'last' | undefined
  /** Instead of `day`: the first to fifth such weekday of the month (a month without a fifth is left out), or the last. */
  readonly nth?: { readonly nth: number | 'last'; readonly weekday: Weekday } | undefined
  /** The last day on which it may happen. */
  readonly until?: string | undefined
  /** How often it happens in all. */
  readonly count?: number | undefined
}

/** The last day that the program knows; a rule without an end ends here. */
const LAST_DAY = '2099-12-31'

/** The first day of the rule that is not before `from`, or null when it has ended by then. */
export function firstOnOrAfter(rule: Recurrence, from: string): string | null {
  return listDays(rule, { from, most: 1 })[0] ?? null
}

/** The last day of the rule that is not after `to`, or null when there is none. */
export function lastOnOrBefore(rule: Recurrence, to: string): string | null {
  let last: string | null = null
  for (const day of daysNear(rule, to)) {
    if (day > to) break
    last = day
  }
  return last
}

/** The days of the rule that are not before `from`, in order, so many at most. */
export function listDays(
  rule: Recurrence,
  { from, most }: { readonly from: string; readonly most: number },
): string[] {
  const days: string[] = []
  for (const day of daysNear(rule, from)) {
    if (days.length >= most) break
    if (day >= from) days.push(day)
  }
  return days
}

/** The days of the rule in order, from its last one before `near` at the latest; those before are only counted. */
function* daysNear(rule: Recurrence, near: string): Generator<string> {
  const { start, until = LAST_DAY, count = Number.POSITIVE_INFINITY, interval } = rule
  const period = PERIODS[rule.frequency]
  const first = period.indexOf(start)
  const latest = near < until ? near : until
  const { skipped, counted } = skipPeriods(rule, Math.floor((period.indexOf(latest) - first) / interval))
  let seen = counted
  for (let step = skipped; ; step += 1) {
    const index = first + step * interval
    if (period.startOf(index) > until) return
    for (const day of period.daysIn(index, rule)) {
      if (day < start) continue
      if (day > until || seen === count) return
      seen += 1
      yield day
    }
  }
}

/**
 * How many periods need no look to know the days about the one at `step`, or the last of all where the count ends
 * before it, and how many days they have. A period has as many days as any other but the first, which `start` may cut;
 * only a fifth weekday is not in each, so that those are all looked at.
 */
function skipPeriods(rule: Recurrence, step: number): { readonly skipped: number; readonly counted: number } {
  const { frequency, start, count = Number.POSITIVE_INFINITY, nth } = rule
  const period = PERIODS[frequency]
  const days = period.daysIn(period.indexOf(start), rule)
  const skipped = Math.min(step, Math.floor(count / days.length)) - 2
  if (nth?.nth === 5 || skipped <= 0) return { skipped: 0, counted: 0 }
  return { skipped, counted: days.filter((day) => day >= start).length + (skipped - 1) * days.length }
}

type Period = {
  readonly indexOf: (day: string) => number
  readonly startOf: (index: number) => string
  readonly daysIn: (index: number, rule: Recurrence) => readonly string[]
}

const DAY_MS = 86_400_000

const PERIODS: Readonly<Record<Recurrence['frequency'], Period>> = {
  daily: { indexOf: numberOf, startOf: dayAt, daysIn: (index) => [dayAt(index)] },
  weekly: {
    // 1 January 1970 was a Thursday.
    indexOf: (day) => Math.floor((numberOf(day) + 3) / 7),
    startOf: (index) => dayAt(index * 7 - 3),
    daysIn: (index, { start, weekdays: wanted = [weekdayOf(start)] }) =>
      weekdays.flatMap((name, offset) => (wanted.includes(name) ? [dayAt(index * 7 - 3 + offset)] : [])),
  },
  monthly: { indexOf: monthOf, startOf: firstOfMonth, daysIn: daysInMonth },
  yearly: {
    indexOf: (day) => Math.floor(monthOf(day) / 12),
    startOf: (index) => firstOfMonth(index * 12),
    daysIn: (index, rule) =>
      daysInMonth(index * 12 + (rule.month === undefined ? monthOf(rule.start) % 12 : rule.month - 1), rule),
  },
}

function daysInMonth(month: number, { start, day, nth }: Recurrence): readonly string[] {
  if (nth !== undefined) return nthWeekday(month, nth)
  const wanted = day ?? Number(start.slice(8))
  const length = lengthOf(month)
  return [addDays(firstOfMonth(month), (wanted === 'last' ? length : Math.min(wanted, length)) - 1)]
}

function nthWeekday(month: number, { nth, weekday }: NonNullable<Recurrence['nth']>): readonly string[] {
  const first = firstOfMonth(month)
  const before = (weekdays.indexOf(weekday) - weekdays.indexOf(weekdayOf(first)) + 7) % 7
  const length = lengthOf(month)
  const offset = nth === 'last' ? before + 7 * Math.floor((length - 1 - before) / 7) : before + 7 * (nth - 1)
  return offset < length ? [addDays(first, offset)] : []
}

function weekdayOf(day: string): Weekday {
  return weekdays[(((numberOf(day) + 3) % 7) + 7) % 7] ?? 'monday'
}

function numberOf(day: string): number {
  return Date.parse(`${day}T00:00:00.000Z`) / DAY_MS
}

function dayAt(number: number): string {
  return new Date(number * DAY_MS).toISOString().slice(0, 10)
}

/** Months since the year 0. */
function monthOf(day: string): number {
  return Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1
}

function firstOfMonth(month: number): string {
  return new Date(Date.UTC(Math.floor(month / 12), month % 12, 1)).toISOString().slice(0, 10)
}

function lengthOf(month: number): number {
  return numberOf(firstOfMonth(month + 1)) - numberOf(firstOfMonth(month))
}
