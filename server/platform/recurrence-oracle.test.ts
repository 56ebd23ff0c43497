import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
// The package is CommonJS, so Node gives all of it as the default; the lint rule looks at its other build.
// oxlint-disable-next-line import/default
import rrule, { type Options } from 'rrule'
import { addDays } from './business-days.ts'
import { listDays, type Recurrence, weekdays } from './recurrence.ts'

/** How many rules: `TEST_RECURRENCE_RUNS=20000`. */
const RUNS = Number(process.env['TEST_RECURRENCE_RUNS'] ?? 1_000)

const { RRule } = rrule
const FREQUENCIES = { daily: RRule.DAILY, weekly: RRule.WEEKLY, monthly: RRule.MONTHLY, yearly: RRule.YEARLY }
const WEEKDAYS = {
  monday: RRule.MO,
  tuesday: RRule.TU,
  wednesday: RRule.WE,
  thursday: RRule.TH,
  friday: RRule.FR,
  saturday: RRule.SA,
  sunday: RRule.SU,
}

/**
 * The same rule in the words of RFC 5545, which has no word for a day that a shorter month clamps: the 31st is the last
 * of those from the 28th to the 31st that there are. Its `UNTIL` takes the day in, as ours does, and its `COUNT` counts
 * from the start on; the library leaves a start out that does not fit its rule, as we do.
 */
function inItsWords(rule: Recurrence): Partial<Options> {
  const { frequency, interval, start, until, count } = rule
  return {
    freq: FREQUENCIES[frequency],
    interval,
    dtstart: timeOf(start),
    wkst: RRule.MO,
    ...(until === undefined ? {} : { until: timeOf(until) }),
    ...(count === undefined ? {} : { count }),
    ...(frequency === 'weekly' && rule.weekdays !== undefined
      ? { byweekday: rule.weekdays.map((name) => WEEKDAYS[name]) }
      : {}),
    ...(frequency === 'yearly' ? { bymonth: rule.month ?? Number(start.slice(5, 7)) } : {}),
    ...(frequency === 'monthly' || frequency === 'yearly' ? dayInItsWords(rule) : {}),
  }
}

function dayInItsWords({ start, day = Number(start.slice(8)), nth }: Recurrence): Partial<Options> {
  if (nth !== undefined) return { byweekday: [WEEKDAYS[nth.weekday].nth(nth.nth === 'last' ? -1 : nth.nth)] }
  if (day === 'last') return { bymonthday: -1 }
  if (day <= 28) return { bymonthday: day }
  return { bymonthday: [28, 29, 30, 31].filter((each) => each <= day), bysetpos: -1 }
}

function timeOf(day: string): Date {
  return new Date(`${day}T00:00:00Z`)
}

const absent = fc.constant(undefined)
const days = fc.oneof(
  fc.integer({ min: 1, max: 31 }),
  fc.integer({ min: 28, max: 31 }),
  fc.constant('last' as const),
)
const nths = fc.record({
  nth: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant('last' as const)),
  weekday: fc.constantFrom(...weekdays),
})
/** Which day of the month, if any is named. */
const inMonth = fc.oneof(
  days.map((day) => ({ day })),
  nths.map((nth) => ({ nth })),
  fc.constant({}),
)
const particulars = fc.oneof(
  fc.constant({ frequency: 'daily' as const }),
  fc.record({
    frequency: fc.constant('weekly' as const),
    weekdays: fc.oneof(fc.subarray([...weekdays], { minLength: 1 }), absent),
  }),
  inMonth.map((which) => ({ frequency: 'monthly' as const, ...which })),
  fc
    .tuple(inMonth, fc.oneof(fc.integer({ min: 1, max: 12 }), absent))
    .map(([which, month]) => ({ frequency: 'yearly' as const, month, ...which })),
)
const rules = fc
  .record({
    what: particulars,
    interval: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 12 })),
    start: fc.integer({ min: 0, max: 20_000 }).map((number) => addDays('2000-01-01', number)),
    count: fc.oneof(fc.integer({ min: 1, max: 60 }), absent),
    length: fc.oneof(fc.integer({ min: 0, max: 4_000 }), absent),
  })
  .map(({ what, interval, start, count, length }): Recurrence => {
    const until = length === undefined ? undefined : addDays(start, length)
    return { ...what, interval, start, count, until }
  })

it('has the days that RFC 5545 has, by a library that others have written', () => {
  fc.assert(
    fc.property(rules, fc.integer({ min: 0, max: 3_000 }), (rule, later) => {
      const from = addDays(rule.start, later)
      const to = addDays(from, 2_000)
      const expected = new RRule(inItsWords(rule))
        .between(timeOf(from), timeOf(to), true)
        .map((time) => time.toISOString().slice(0, 10))
      const found = listDays(rule, { from, most: 3_000 }).filter((day) => day <= to)
      assert.deepEqual(found, expected)
    }),
    { numRuns: RUNS },
  )
})
