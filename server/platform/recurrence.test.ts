import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addDays } from './business-days.ts'
import { firstOnOrAfter, lastOnOrBefore, type Recurrence, weekdays } from './recurrence.ts'

type Rule = Omit<Recurrence, 'interval'> & { readonly interval?: number }

/** A rule, and the first days that it has from its start on; a null says that it has ended. */
const TABLE: readonly (readonly [string, Rule, readonly (string | null)[]])[] = [
  [
    'every day, over the end of a year',
    { frequency: 'daily', start: '2026-12-30' },
    ['2026-12-30', '2026-12-31', '2027-01-01'],
  ],
  [
    'every third day, over a leap day',
    { frequency: 'daily', interval: 3, start: '2028-02-26' },
    ['2028-02-26', '2028-02-29', '2028-03-03'],
  ],
  [
    'every third day, where there is no leap day',
    { frequency: 'daily', interval: 3, start: '2027-02-26' },
    ['2027-02-26', '2027-03-01'],
  ],
  [
    'every week on the weekday of its start',
    { frequency: 'weekly', start: '2026-11-21' },
    ['2026-11-21', '2026-11-28', '2026-12-05'],
  ],
  [
    'on two days a week, from the middle of one',
    { frequency: 'weekly', start: '2026-11-18', weekdays: ['friday', 'monday'] },
    ['2026-11-20', '2026-11-23', '2026-11-27'],
  ],
  [
    'every second week, counted from Mondays',
    { frequency: 'weekly', interval: 2, start: '2026-11-22', weekdays: ['sunday', 'monday'] },
    ['2026-11-22', '2026-11-30', '2026-12-06', '2026-12-14'],
  ],
  [
    'on the 31st, or what a month has instead',
    { frequency: 'monthly', start: '2027-12-31' },
    ['2027-12-31', '2028-01-31', '2028-02-29', '2028-03-31', '2028-04-30'],
  ],
  [
    'on the 31st of a year without a leap day',
    { frequency: 'monthly', day: 31, start: '2027-02-01' },
    ['2027-02-28', '2027-03-31', '2027-04-30'],
  ],
  [
    'on the 30th',
    { frequency: 'monthly', day: 30, start: '2100-01-01', until: '2100-03-31' },
    ['2100-01-30', '2100-02-28', '2100-03-30', null],
  ],
  [
    'on the last day of every month',
    { frequency: 'monthly', day: 'last', start: '2028-01-31' },
    ['2028-01-31', '2028-02-29', '2028-03-31', '2028-04-30'],
  ],
  [
    'every third month on the fifth, begun after it',
    { frequency: 'monthly', interval: 3, day: 5, start: '2026-11-06' },
    ['2027-02-05', '2027-05-05'],
  ],
  [
    'on the second Tuesday of a month',
    { frequency: 'monthly', nth: { nth: 2, weekday: 'tuesday' }, start: '2026-11-01' },
    ['2026-11-10', '2026-12-08'],
  ],
  [
    'on the last Friday of a month',
    { frequency: 'monthly', nth: { nth: 'last', weekday: 'friday' }, start: '2026-11-01' },
    ['2026-11-27', '2026-12-25'],
  ],
  [
    'on the fifth Monday, in the months that have one',
    { frequency: 'monthly', nth: { nth: 5, weekday: 'monday' }, start: '2026-11-01' },
    ['2026-11-30', '2027-03-29', '2027-05-31'],
  ],
  [
    'every year on the leap day, or the day before it',
    { frequency: 'yearly', start: '2028-02-29' },
    ['2028-02-29', '2029-02-28', '2030-02-28', '2031-02-28', '2032-02-29'],
  ],
  [
    'every fourth year in another month',
    { frequency: 'yearly', interval: 4, month: 3, day: 'last', start: '2026-11-21' },
    ['2030-03-31', '2034-03-31'],
  ],
  [
    'every year on the first Thursday of a month',
    { frequency: 'yearly', month: 11, nth: { nth: 1, weekday: 'thursday' }, start: '2026-11-21' },
    ['2027-11-04', '2028-11-02'],
  ],
  [
    'in Februaries with five Mondays',
    { frequency: 'yearly', month: 2, nth: { nth: 5, weekday: 'monday' }, start: '2026-01-01' },
    ['2044-02-29', '2072-02-29', null],
  ],
  [
    'until a day that is included',
    { frequency: 'daily', start: '2026-11-21', until: '2026-11-22' },
    ['2026-11-21', '2026-11-22', null],
  ],
  [
    'a number of times',
    { frequency: 'weekly', start: '2026-11-21', weekdays: ['monday'], count: 2 },
    ['2026-11-23', '2026-11-30', null],
  ],
  [
    'whatever ends first',
    { frequency: 'daily', start: '2026-11-21', until: '2026-11-30', count: 1 },
    ['2026-11-21', null],
  ],
  ['before there were computers', { frequency: 'weekly', start: '1949-12-27' }, ['1949-12-27', '1950-01-03']],
]

describe('what happens again and again', () => {
  for (const [title, rest, days] of TABLE) {
    it(`W1 happens ${title}`, () => {
      const rule = { interval: 1, ...rest }
      let from = rule.start
      for (const day of days) {
        assert.equal(firstOnOrAfter(rule, from), day)
        if (day === null) break
        assert.equal(lastOnOrBefore(rule, day), day)
        from = addDays(day, 1)
      }
    })
  }

  it('W1 has no last day before its first', () => {
    const rule: Recurrence = { frequency: 'monthly', interval: 1, start: '2026-11-21', day: 5 }
    assert.equal(lastOnOrBefore(rule, '2026-12-04'), null)
    assert.equal(lastOnOrBefore(rule, '1999-01-01'), null)
    assert.equal(lastOnOrBefore({ ...rule, until: '2027-01-31' }, '2050-01-01'), '2027-01-05')
  })

  it('W1 finds from anywhere what it finds from its start', () => {
    const rules = fc.record({
      frequency: fc.constantFrom('daily', 'weekly', 'monthly', 'yearly'),
      interval: fc.integer({ min: 1, max: 15 }),
      start: fc.integer({ min: 0, max: 2_000 }).map((days) => addDays('2024-01-01', days)),
      weekdays: fc.option(fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1 }), { nil: undefined }),
      day: fc.option(fc.oneof(fc.integer({ min: 1, max: 31 }), fc.constant('last' as const)), {
        nil: undefined,
      }),
      count: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
    })
    fc.assert(
      fc.property(rules, fc.integer({ min: 0, max: 3_000 }), (rule, days) => {
        const far = addDays(rule.start, days)
        let walked = firstOnOrAfter(rule, rule.start)
        let last: string | null = null
        while (walked !== null && walked < far) {
          last = walked
          walked = firstOnOrAfter(rule, addDays(walked, 1))
        }
        assert.equal(firstOnOrAfter(rule, far), walked)
        assert.equal(lastOnOrBefore(rule, addDays(far, -1)), last)
      }),
      { numRuns: 60 },
    )
  })
})
