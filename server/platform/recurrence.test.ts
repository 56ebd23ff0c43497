import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addDays } from './business-days.ts'
import { firstOnOrAfter, lastOnOrBefore, listDays, type Recurrence, weekdays } from './recurrence.ts'

type Row = {
  readonly title: string
  readonly rule: Partial<Recurrence> & Pick<Recurrence, 'frequency' | 'start'>
  /** The start of the rule unless it is given. */
  readonly from?: string
  /** All that there are when it says so, else the next ones. */
  readonly ends?: true
  readonly days: string
}

/** The dates were written by hand, before the program was asked for any. */
const TABLE: readonly Row[] = [
  {
    title: 'every day, over the end of February in a common year',
    rule: { frequency: 'daily', start: '2027-02-26' },
    days: '2027-02-26 2027-02-27 2027-02-28 2027-03-01',
  },
  {
    title: 'every day, over the end of February in a leap year',
    rule: { frequency: 'daily', start: '2028-02-27' },
    days: '2028-02-27 2028-02-28 2028-02-29 2028-03-01',
  },
  {
    title: 'every third day, over the end of a year',
    rule: { frequency: 'daily', interval: 3, start: '2026-12-26' },
    days: '2026-12-26 2026-12-29 2027-01-01 2027-01-04',
  },
  {
    title: 'every second day, asked for long after the start',
    rule: { frequency: 'daily', interval: 2, start: '2026-11-21' },
    from: '2026-11-28',
    days: '2026-11-29 2026-12-01 2026-12-03',
  },
  {
    title: 'every day until a day, itself included',
    rule: { frequency: 'daily', start: '2026-11-21', until: '2026-11-23' },
    ends: true,
    days: '2026-11-21 2026-11-22 2026-11-23',
  },
  {
    title: 'every day so often',
    rule: { frequency: 'daily', start: '2026-11-29', count: 3 },
    ends: true,
    days: '2026-11-29 2026-11-30 2026-12-01',
  },
  {
    title: 'a count goes by the days since the start, not since the question',
    rule: { frequency: 'daily', start: '2026-11-29', count: 4 },
    from: '2026-12-01',
    ends: true,
    days: '2026-12-01 2026-12-02',
  },
  {
    title: 'every week on the weekday of the start, a Saturday',
    rule: { frequency: 'weekly', start: '2026-11-21' },
    days: '2026-11-21 2026-11-28 2026-12-05',
  },
  {
    title: 'every week on Mondays and Thursdays, from a Saturday on',
    rule: { frequency: 'weekly', weekdays: ['thursday', 'monday'], start: '2026-11-21' },
    days: '2026-11-23 2026-11-26 2026-11-30 2026-12-03',
  },
  {
    title: 'every second week on Mondays and Fridays counts the week of the start',
    rule: { frequency: 'weekly', interval: 2, weekdays: ['monday', 'friday'], start: '2026-11-25' },
    days: '2026-11-27 2026-12-07 2026-12-11 2026-12-21',
  },
  {
    title: 'the week ends with Sunday',
    rule: { frequency: 'weekly', interval: 2, weekdays: ['sunday'], start: '2026-11-23' },
    days: '2026-11-29 2026-12-13 2026-12-27',
  },
  {
    title: 'a week before 1970',
    rule: { frequency: 'weekly', start: '1969-12-24' },
    days: '1969-12-24 1969-12-31 1970-01-07',
  },
  {
    title: 'every month on the day of the start',
    rule: { frequency: 'monthly', start: '2026-11-21' },
    days: '2026-11-21 2026-12-21 2027-01-21',
  },
  {
    title: 'the 31st is the last day of shorter months, and the 31st again after them',
    rule: { frequency: 'monthly', day: 31, start: '2027-01-01' },
    days: '2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31',
  },
  {
    title: 'the 30th in the February of a leap year',
    rule: { frequency: 'monthly', day: 30, start: '2028-01-30' },
    days: '2028-01-30 2028-02-29 2028-03-30',
  },
  {
    title: 'the last day of every month',
    rule: { frequency: 'monthly', day: 'last', start: '2028-01-31' },
    days: '2028-01-31 2028-02-29 2028-03-31 2028-04-30',
  },
  {
    title: 'a day that is over in the first month',
    rule: { frequency: 'monthly', day: 5, start: '2026-11-21' },
    days: '2026-12-05 2027-01-05',
  },
  {
    title: 'every third month, over the end of a year',
    rule: { frequency: 'monthly', interval: 3, day: 15, start: '2026-11-15' },
    days: '2026-11-15 2027-02-15 2027-05-15',
  },
  {
    title: 'the second Tuesday of every month',
    rule: { frequency: 'monthly', nth: { nth: 2, weekday: 'tuesday' }, start: '2026-11-01' },
    days: '2026-11-10 2026-12-08 2027-01-12',
  },
  {
    title: 'the first Sunday, where the month begins with it',
    rule: { frequency: 'monthly', nth: { nth: 1, weekday: 'sunday' }, start: '2026-11-01' },
    days: '2026-11-01 2026-12-06 2027-01-03',
  },
  {
    title: 'the last Friday of every month',
    rule: { frequency: 'monthly', nth: { nth: 'last', weekday: 'friday' }, start: '2026-11-21' },
    days: '2026-11-27 2026-12-25 2027-01-29 2027-02-26',
  },
  {
    title: 'the fifth Monday leaves months out that have only four',
    rule: { frequency: 'monthly', nth: { nth: 5, weekday: 'monday' }, start: '2026-11-01' },
    days: '2026-11-30 2027-03-29 2027-05-31',
  },
  {
    title: 'every year on the day of the start',
    rule: { frequency: 'yearly', start: '2026-11-21' },
    days: '2026-11-21 2027-11-21 2028-11-21',
  },
  {
    title: '29 February is the 28th in common years',
    rule: { frequency: 'yearly', start: '2024-02-29' },
    days: '2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-29',
  },
  {
    title: 'no day after 2099',
    rule: { frequency: 'yearly', interval: 4, start: '2092-02-29' },
    ends: true,
    days: '2092-02-29 2096-02-29',
  },
  {
    title: 'every fourth year on the last day of February',
    rule: { frequency: 'yearly', interval: 4, month: 2, day: 'last', start: '2023-05-05' },
    days: '2027-02-28 2031-02-28',
  },
  {
    title: 'every year in another month than that of the start',
    rule: { frequency: 'yearly', month: 8, day: 17, start: '2026-11-21' },
    days: '2027-08-17 2028-08-17',
  },
  {
    title: 'the fourth Thursday of November',
    rule: { frequency: 'yearly', month: 11, nth: { nth: 4, weekday: 'thursday' }, start: '2026-01-01' },
    days: '2026-11-26 2027-11-25 2028-11-23',
  },
  {
    title: 'the fifth Monday of February, which comes once in 28 years',
    rule: { frequency: 'yearly', month: 2, nth: { nth: 5, weekday: 'monday' }, start: '2016-01-01' },
    ends: true,
    days: '2016-02-29 2044-02-29 2072-02-29',
  },
  {
    title: 'whichever of until and count comes first',
    rule: { frequency: 'monthly', day: 31, start: '2026-11-01', until: '2027-02-27', count: 12 },
    ends: true,
    days: '2026-11-30 2026-12-31 2027-01-31',
  },
  {
    title: 'nothing, where it ends before its first day',
    rule: { frequency: 'monthly', day: 5, start: '2026-11-21', until: '2026-12-04' },
    ends: true,
    days: '',
  },
]

const ruleOf = ({ rule }: Row): Recurrence => ({ interval: 1, ...rule })
const daysIn = ({ days }: Row): string[] => days.split(' ').filter(Boolean)

describe('what happens again and again', () => {
  it('the table has at least sixty dates', () => {
    assert.ok(TABLE.flatMap(daysIn).length >= 60)
  })

  for (const row of TABLE) {
    it(row.title, () => {
      const days = daysIn(row)
      const from = row.from ?? row.rule.start
      const most = row.ends === true ? 100 : days.length
      assert.deepEqual(listDays(ruleOf(row), { from, most }), days)
    })
  }

  it('the first day not before, and the last not after another one, are those of the table', () => {
    for (const row of TABLE) {
      const rule = ruleOf(row)
      for (const [index, day] of daysIn(row).entries()) {
        assert.equal(firstOnOrAfter(rule, day), day, row.title)
        assert.equal(lastOnOrBefore(rule, day), day, row.title)
        const before = daysIn(row)[index - 1]
        if (before === undefined) continue
        assert.equal(firstOnOrAfter(rule, addDays(before, 1)), day, row.title)
        assert.equal(lastOnOrBefore(rule, addDays(day, -1)), before, row.title)
      }
    }
  })

  it('there is no day before the first one and none after the last', () => {
    const rule: Recurrence = { frequency: 'daily', interval: 1, start: '2026-11-21', until: '2026-11-22' }
    assert.equal(lastOnOrBefore(rule, '2026-11-20'), null)
    assert.equal(firstOnOrAfter(rule, '2026-11-23'), null)
    assert.equal(lastOnOrBefore(rule, '2030-01-01'), '2026-11-22')
  })

  it('the days are the same from wherever they are asked for', () => {
    const intervals = { min: 1, max: 40 }
    const rules = fc.record({
      frequency: fc.constantFrom('daily', 'weekly', 'monthly', 'yearly'),
      interval: fc.integer(intervals),
      start: fc.integer({ min: 0, max: 30_000 }).map((days) => addDays('1960-01-01', days)),
      weekdays: fc.subarray([...weekdays], { minLength: 1 }),
      nth: fc.option(
        fc.record({ nth: fc.constantFrom(4, 5, 'last' as const), weekday: fc.constant('monday' as const) }),
        { nil: undefined },
      ),
    })
    const counts = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5_000 }))
    fc.assert(
      fc.property(rules, fc.integer({ min: 0, max: 5_000 }), counts, (rule, later, count) => {
        const from = addDays(rule.start, later)
        const all = listDays({ ...rule, count: 10_000 }, { from: rule.start, most: 10_000 })
        for (const end of [undefined, count]) {
          const days = all.slice(0, end)
          const expected = days.filter((day) => day >= from).slice(0, 5)
          assert.deepEqual(listDays({ ...rule, count: end }, { from, most: 5 }), expected)
          assert.equal(
            lastOnOrBefore({ ...rule, count: end }, from),
            days.findLast((day) => day <= from) ?? null,
          )
        }
      }),
      { numRuns: 200 },
    )
  })

  it('a day long after the start takes no walk from there, with a count or without', () => {
    let looks = 0
    const counting = {
      interval: 1,
      start: '1900-01-01',
      get weekdays() {
        looks += 1
        return ['monday' as const]
      },
      get day() {
        looks += 1
        return 31
      },
    }
    for (const frequency of ['weekly', 'monthly', 'yearly'] as const) {
      for (const count of [undefined, 100_000]) {
        // Not spread: that would look once, for good.
        const rule = Object.create(counting, {
          frequency: { value: frequency },
          count: { value: count },
        })
        looks = 0
        assert.equal(firstOnOrAfter(rule, '2090-01-01')?.slice(0, 4), '2090')
        assert.equal(lastOnOrBefore(rule, '2090-12-31')?.slice(0, 4), '2090')
        assert.ok(looks > 0 && looks < 20, `${frequency}: ${looks} periods`)
      }
    }
  })
})
