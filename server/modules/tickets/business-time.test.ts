import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createBusinessDays } from '#platform/business-days'
import { type Calendar, createBusinessTime, type OpenRange } from './business-time.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const WORK: readonly OpenRange[] = [
  { from: '08:00', to: '12:00' },
  { from: '13:00', to: '17:00' },
]
const WEEK = [WORK, WORK, WORK, WORK, WORK, [], []]

function calendarOf(
  zone: string,
  holidays: readonly string[] = [],
  hours: Calendar['hours'] = WEEK,
): Calendar {
  return { days: createBusinessDays(zone), hours, holidays: new Map(holidays.map((day) => [day, 'Libur'])) }
}

/** Jakarta is seven hours ahead the whole year. */
const wib = (text: string): Date => new Date(`${text}+07:00`)

/** What the wall clock shows, asked of the language itself: another way than the one that is tested. */
function createModel({ days, hours, holidays }: Calendar) {
  const wall = new Intl.DateTimeFormat('en-GB', {
    timeZone: days.zone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
  return (ms: number): 'counted' | 'outside_hours' | 'holiday' => {
    const at = new Map(wall.formatToParts(ms).map(({ type, value }) => [type, value]))
    const day = `${at.get('year')}-${at.get('month')}-${at.get('day')}`
    if (holidays.has(day)) return 'holiday'
    const time = `${at.get('hour')}:${at.get('minute')}`
    const ranges = hours[weekdays.indexOf(String(at.get('weekday')))] ?? []
    return ranges.some(({ from, to }) => from <= time && time < to) ? 'counted' : 'outside_hours'
  }
}

const asTime = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
const anyHours = fc.array(
  fc
    .uniqueArray(fc.integer({ min: 0, max: 1_440 }), { maxLength: 6 })
    .map((minutes) => minutes.toSorted((a, b) => a - b))
    .map((minutes) =>
      Array.from({ length: Math.floor(minutes.length / 2) }, (_each, index) => ({
        from: asTime(minutes[index * 2] ?? 0),
        to: asTime(minutes[index * 2 + 1] ?? 0),
      })),
    ),
  { minLength: 7, maxLength: 7 },
)
/** Moments about which clocks change, and any others. */
const anyStart = fc
  .tuple(
    fc.constantFrom(
      '2026-03-07',
      '2026-03-28',
      '2026-10-24',
      '2026-10-31',
      '2026-04-04',
      '2011-12-29',
      '2018-11-03',
      '2026-07-15',
    ),
    fc.integer({ min: 0, max: 2 * 1_440 }),
  )
  .map(([day, minutes]) => Date.parse(`${day}T00:00:00.000Z`) + minutes * MINUTE_MS)
const anyZone = fc.constantFrom(
  'Asia/Jakarta',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'America/Sao_Paulo',
  'Asia/Kolkata',
)

describe('business time', () => {
  it('D8 opened Friday at four with eight business hours and Monday a holiday: due Tuesday at four', () => {
    const time = createBusinessTime(calendarOf('Asia/Jakarta', ['2026-08-17']))
    const due = time.add(wib('2026-08-14T16:00:00'), 8 * HOUR_MS)
    assert.deepEqual(due, wib('2026-08-18T16:00:00'))
    assert.equal(time.between(wib('2026-08-14T16:00:00'), wib('2026-08-18T16:00:00')), 8 * HOUR_MS)
  })

  it('D8 what is used up exactly at the end of a day is due then, not the next morning', () => {
    const time = createBusinessTime(calendarOf('Asia/Jakarta'))
    assert.deepEqual(time.add(wib('2026-11-20T08:00:00'), 8 * HOUR_MS), wib('2026-11-20T17:00:00'))
    assert.deepEqual(
      time.add(wib('2026-11-20T12:30:00'), 1),
      new Date(wib('2026-11-20T13:00:00').getTime() + 1),
    )
    assert.deepEqual(time.add(wib('2026-11-21T12:30:00'), 0), wib('2026-11-21T12:30:00'))
  })

  it('D8 tells of every moment why it counts or does not', () => {
    const time = createBusinessTime(calendarOf('Asia/Jakarta', ['2026-08-17']))
    assert.deepEqual(time.explain(wib('2026-08-14T16:30:00'), wib('2026-08-18T08:30:00')), [
      { from: wib('2026-08-14T16:30:00'), until: wib('2026-08-14T17:00:00'), reason: 'counted' },
      { from: wib('2026-08-14T17:00:00'), until: wib('2026-08-17T00:00:00'), reason: 'outside_hours' },
      {
        from: wib('2026-08-17T00:00:00'),
        until: wib('2026-08-18T00:00:00'),
        reason: 'holiday',
        holiday: 'Libur',
      },
      { from: wib('2026-08-18T00:00:00'), until: wib('2026-08-18T08:00:00'), reason: 'outside_hours' },
      { from: wib('2026-08-18T08:00:00'), until: wib('2026-08-18T08:30:00'), reason: 'counted' },
    ])
  })

  it('D8 an hour that the clocks leave out does not count, and one that comes twice counts twice', () => {
    const night = [{ from: '01:00', to: '04:00' }]
    const time = createBusinessTime(
      calendarOf(
        'Europe/Berlin',
        [],
        Array.from({ length: 7 }, () => night),
      ),
    )
    const hoursOf = (from: string, until: string) => time.between(new Date(from), new Date(until)) / HOUR_MS
    assert.equal(hoursOf('2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z'), 2)
    assert.equal(hoursOf('2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z'), 4)
  })

  it('D8 never ends where nobody ever works, and says so', () => {
    const never = createBusinessTime(calendarOf('Asia/Jakarta', [], []))
    assert.equal(never.add(wib('2026-11-20T08:00:00'), 1), null)
  })

  it('D8 agrees minute by minute with the wall clock, for any hours, holidays and zone', () => {
    const anyCalendar = fc
      .tuple(anyZone, anyHours, anyStart, fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 3 }))
      .map(([zone, hours, startMs, offs]) => {
        const days = createBusinessDays(zone)
        const holidays = offs.map((count) => days.dayOf(new Date(startMs + count * 24 * HOUR_MS)))
        return { calendar: calendarOf(zone, holidays, hours), startMs }
      })
    fc.assert(
      fc.property(anyCalendar, fc.integer({ min: 1, max: 3_000 }), ({ calendar, startMs }, minutes) => {
        const time = createBusinessTime(calendar)
        const reasonAt = createModel(calendar)
        const start = new Date(startMs)
        const end = new Date(startMs + 5 * 1_440 * MINUTE_MS)
        const parts = time.explain(start, end)
        let counted = 0
        let due: number | null = null
        let part = parts[0]
        let index = 0
        for (let ms = startMs; ms < end.getTime(); ms += MINUTE_MS) {
          while (part !== undefined && part.until.getTime() <= ms) part = parts[(index += 1)]
          const reason = reasonAt(ms)
          assert.equal(part?.reason, reason, new Date(ms).toISOString())
          if (reason === 'counted') counted += 1
          if (counted === minutes && due === null) due = ms + MINUTE_MS
        }
        assert.equal(time.between(start, end), counted * MINUTE_MS)
        assert.equal(parts[0]?.from.getTime(), startMs)
        assert.equal(parts.at(-1)?.until.getTime(), end.getTime())
        if (due !== null) assert.equal(time.add(start, minutes * MINUTE_MS)?.getTime(), due)
        else assert.ok((time.add(start, minutes * MINUTE_MS)?.getTime() ?? Infinity) > end.getTime())
      }),
      { numRuns: 40 },
    )
  })
})
