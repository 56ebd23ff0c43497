import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addDays, createBusinessDays } from '#platform/business-days'
import type { RecurrenceRule } from '#platform/http/recurrence'
import { nextRepetition } from './repeat-rules.ts'
import { momentOn, timeOfDay } from './time-of-day.ts'

type Row = {
  readonly title: string
  readonly rule: RecurrenceRule
  /** The day on which it was due, without it. */
  readonly from?: 'due' | 'completion'
  /** When each was done, the first one first; where there are fewer, on the day on which it was due. */
  readonly done?: string
  /** When each was due, the first one first. */
  readonly due: string
  /** Whether the last of them is the last of all. */
  readonly ends?: true
}

const monthly = { frequency: 'monthly' } as const
const yearly = { frequency: 'yearly' } as const

/** The dates were written by hand, with a calendar, before the program was asked for any. */
const TABLE: readonly Row[] = [
  {
    title: 'every day',
    rule: { frequency: 'daily' },
    due: '2027-02-27 2027-02-28 2027-03-01',
  },
  {
    title: 'every day, over 29 February',
    rule: { frequency: 'daily' },
    due: '2028-02-28 2028-02-29 2028-03-01',
  },
  {
    title: 'what was missed is not done afterwards, but today is not over',
    rule: { frequency: 'daily' },
    done: '2026-11-24 2026-11-24',
    due: '2026-11-21 2026-11-24 2026-11-25',
  },
  {
    title: 'what is done ahead of its day is not opened again for that day',
    rule: { frequency: 'daily' },
    done: '2026-11-21',
    due: '2026-11-23 2026-11-24',
  },
  {
    title: 'every third day keeps its step, however late one was done',
    rule: { frequency: 'daily', every: 3 },
    done: '2027-01-02',
    due: '2026-12-26 2027-01-04 2027-01-07',
  },
  {
    title: 'on Mondays and Thursdays',
    rule: { frequency: 'weekly', weekdays: ['monday', 'thursday'] },
    due: '2026-11-23 2026-11-26 2026-11-30 2026-12-03',
  },
  {
    title: 'every week, on the weekday of the first',
    rule: { frequency: 'weekly' },
    done: '2026-11-22',
    due: '2026-11-21 2026-11-28 2026-12-05',
  },
  {
    title: 'every second week on Mondays and Fridays',
    rule: { frequency: 'weekly', every: 2, weekdays: ['monday', 'friday'] },
    due: '2026-11-23 2026-11-27 2026-12-07 2026-12-11 2026-12-21',
  },
  {
    title: 'the 31st is the last day of shorter months, and the 31st again after them',
    rule: { ...monthly, day: 31 },
    due: '2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31',
  },
  {
    title: 'the 31st of a leap year, without its day being said',
    rule: monthly,
    due: '2028-01-31 2028-02-29 2028-03-31',
  },
  {
    title: 'the 30th, over the end of a year',
    rule: monthly,
    due: '2027-12-30 2028-01-30 2028-02-29 2028-03-30',
  },
  {
    title: 'the last day of every month',
    rule: { ...monthly, day: 'last' },
    due: '2027-11-30 2027-12-31 2028-01-31 2028-02-29 2028-03-31',
  },
  {
    title: 'the last day of every month, when two were missed',
    rule: { ...monthly, day: 'last' },
    done: '2027-02-28',
    due: '2026-11-30 2027-02-28 2027-03-31',
  },
  {
    title: 'the second Tuesday of every month',
    rule: { ...monthly, nth_weekday: { nth: 2, weekday: 'tuesday' } },
    due: '2026-11-10 2026-12-08 2027-01-12 2027-02-09',
  },
  {
    title: 'the last Friday of every month',
    rule: { ...monthly, nth_weekday: { nth: 'last', weekday: 'friday' } },
    due: '2026-11-27 2026-12-25 2027-01-29 2027-02-26 2027-03-26',
  },
  {
    title: 'the fifth Monday leaves months out that have only four',
    rule: { ...monthly, nth_weekday: { nth: 5, weekday: 'monday' } },
    due: '2026-11-30 2027-03-29 2027-05-31 2027-08-30',
  },
  {
    title: 'every third month',
    rule: { ...monthly, every: 3, day: 15 },
    due: '2026-11-15 2027-02-15 2027-05-15',
  },
  {
    title: '29 February is the 28th in common years',
    rule: yearly,
    due: '2028-02-29 2029-02-28 2030-02-28 2031-02-28 2032-02-29',
  },
  {
    title: 'every year',
    rule: yearly,
    due: '2026-08-17 2027-08-17 2028-08-17',
  },
  {
    title: 'every second year on the fourth Thursday of November',
    rule: { ...yearly, every: 2, month: 11, nth_weekday: { nth: 4, weekday: 'thursday' } },
    due: '2026-11-26 2028-11-23 2030-11-28',
  },
  {
    title: 'until a day, itself included',
    rule: { frequency: 'daily', until: '2026-11-23' },
    due: '2026-11-21 2026-11-22 2026-11-23',
    ends: true,
  },
  {
    title: 'until a day that was missed',
    rule: { frequency: 'daily', until: '2026-11-23' },
    done: '2026-11-24',
    due: '2026-11-21',
    ends: true,
  },
  {
    title: 'so often',
    rule: { frequency: 'weekly', count: 3 },
    due: '2026-11-21 2026-11-28 2026-12-05',
    ends: true,
  },
  {
    title: 'days that were missed count as well',
    rule: { frequency: 'daily', count: 4 },
    done: '2026-11-24',
    due: '2026-11-21 2026-11-24',
    ends: true,
  },
  {
    title: 'three days after it was done',
    rule: { frequency: 'daily', every: 3 },
    from: 'completion',
    done: '2026-11-25 2026-11-28',
    due: '2026-11-21 2026-11-28 2026-12-01',
  },
  {
    title: 'the day after it was done, be it ahead of its day',
    rule: { frequency: 'daily' },
    from: 'completion',
    done: '2026-11-21',
    due: '2026-11-25 2026-11-22 2026-11-23',
  },
  {
    title: 'a week after it was done',
    rule: { frequency: 'weekly' },
    from: 'completion',
    done: '2026-11-24',
    due: '2026-11-21 2026-12-01 2026-12-08',
  },
  {
    title: 'every second week on Mondays, counted from the week in which it was done',
    rule: { frequency: 'weekly', every: 2, weekdays: ['monday'] },
    from: 'completion',
    done: '2026-11-25 2026-12-16',
    due: '2026-11-23 2026-12-07 2026-12-28',
  },
  {
    title: 'a month after it was done at the end of January is the end of February',
    rule: monthly,
    from: 'completion',
    due: '2027-01-31 2027-02-28 2027-03-28',
  },
  {
    title: 'the 31st, done ahead of it, is not opened again for the same day',
    rule: { ...monthly, day: 31 },
    from: 'completion',
    done: '2026-11-28',
    due: '2026-11-30 2026-12-31 2027-01-31',
  },
  {
    title: 'the last day of the month in which it was done late',
    rule: { ...monthly, day: 'last' },
    from: 'completion',
    done: '2027-02-10',
    due: '2027-01-31 2027-02-28 2027-03-31',
  },
  {
    title: 'the second Tuesday after it was done',
    rule: { ...monthly, nth_weekday: { nth: 2, weekday: 'tuesday' } },
    from: 'completion',
    done: '2026-11-12 2027-01-03',
    due: '2026-11-10 2026-12-08 2027-01-12',
  },
  {
    title: 'a year after it was done',
    rule: yearly,
    from: 'completion',
    done: '2028-03-05 2029-03-04',
    due: '2028-02-29 2029-03-05 2030-03-04',
  },
  {
    title: 'so often, however late each is done',
    rule: { frequency: 'daily', count: 3 },
    from: 'completion',
    done: '2026-11-29 2026-12-24',
    due: '2026-11-21 2026-11-30 2026-12-25',
    ends: true,
  },
  {
    title: 'until a day, counted from when it was done',
    rule: { frequency: 'daily', every: 3, until: '2026-11-25' },
    from: 'completion',
    done: '2026-11-22',
    due: '2026-11-21 2026-11-25',
    ends: true,
  },
]

/** When each is due where they were done on these days, the first one being due on that day. */
function repeat({ rule: given, from = 'due', done = '', due }: Row, most: number): string[] {
  const days = done.split(' ').filter(Boolean)
  const first = due.slice(0, 10)
  const result = [first]
  let [rule, start, dueDay] = [given, first, first]
  while (result.length < most) {
    const next = nextRepetition({ rule, from, start, dueDay, endedDay: days[result.length - 1] ?? dueDay })
    if (next === null) break
    ;[rule, start, dueDay] = [next.rule, next.start, next.day]
    result.push(dueDay)
  }
  return result
}

describe('the next one of a task that repeats itself', () => {
  it('the table has at least sixty dates that follow another', () => {
    assert.ok(TABLE.flatMap(({ due }) => due.split(' ').slice(1)).length >= 60)
  })

  for (const row of TABLE) {
    it(`${row.title}${row.from === undefined ? '' : ' (from its completion)'}`, () => {
      const days = row.due.split(' ')
      assert.deepEqual(repeat(row, row.ends === true ? days.length + 1 : days.length), days)
    })
  }

  it('without a due day it goes on from the day of its end', () => {
    const ended = { from: 'due', start: '2026-11-21', dueDay: null, endedDay: '2026-11-24' } as const
    assert.equal(nextRepetition({ ...ended, rule: { frequency: 'daily' } })?.day, '2026-11-25')
  })

  it('leaves days out that are not wanted any more', () => {
    const ended = { start: '2026-11-21', dueDay: '2026-11-21', endedDay: '2026-11-21' }
    const rule = { frequency: 'weekly' } as const
    for (const from of ['due', 'completion'] as const)
      assert.equal(nextRepetition({ ...ended, from, rule, notBefore: '2026-11-29' })?.day, '2026-12-05')
  })
})

describe('the time of day', () => {
  const jakarta = createBusinessDays('Asia/Jakarta')
  const newYork = createBusinessDays('America/New_York')

  it('is that of the business', () => {
    assert.equal(timeOfDay(jakarta, new Date('2026-11-21T02:30:00.250Z')), '09:30:00.250')
    assert.equal(momentOn(jakarta, '2026-12-21', '09:30:00.250').toISOString(), '2026-12-21T02:30:00.250Z')
    assert.equal(momentOn(jakarta, '2026-12-21', '00:00:00.000').toISOString(), '2026-12-20T17:00:00.000Z')
  })

  it('stays the same when the clocks are set forward and back', () => {
    assert.equal(momentOn(newYork, '2027-03-13', '09:00:00.000').toISOString(), '2027-03-13T14:00:00.000Z')
    assert.equal(momentOn(newYork, '2027-03-14', '09:00:00.000').toISOString(), '2027-03-14T13:00:00.000Z')
    assert.equal(momentOn(newYork, '2027-11-07', '09:00:00.000').toISOString(), '2027-11-07T14:00:00.000Z')
  })

  it('comes an hour later where the clocks are set forward over it, and once where they are set back', () => {
    assert.equal(momentOn(newYork, '2027-03-14', '02:30:00.000').toISOString(), '2027-03-14T07:30:00.000Z')
    assert.equal(momentOn(newYork, '2027-11-07', '01:30:00.000').toISOString(), '2027-11-07T05:30:00.000Z')
  })

  it('is the one of the day at every hour of every day of a year', () => {
    for (const zone of [newYork, createBusinessDays('Australia/Lord_Howe')])
      for (let day = '2027-01-01'; day < '2028-01-01'; day = addDays(day, 1))
        for (const time of ['00:15:00.000', '04:00:00.000', '13:37:00.500', '23:45:00.000']) {
          const moment = momentOn(zone, day, time)
          assert.deepEqual([zone.dayOf(moment), timeOfDay(zone, moment)], [day, time])
        }
  })
})
