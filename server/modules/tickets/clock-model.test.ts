import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createBusinessDays } from '#platform/business-days'
import { createBusinessTime } from './business-time.ts'
import { cutAt, explainPeriods, periodsOf, reachedAt, type Span, stopOf, usedMs } from './clock-rules.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440
/** So many days are looked at, minute by minute. */
const DAYS = 9

type Range = readonly [openMinute: number, closeMinute: number]
/** What a person would write on paper. Nothing of it is in the form that the program has. */
type World = {
  readonly zone: string
  readonly startMs: number
  /** From Sunday on, in minutes since midnight. */
  readonly hours: readonly (readonly Range[])[]
  /** How many days after the first one. */
  readonly daysOff: readonly number[]
  /** At each minute since the start the ticket becomes so. */
  readonly moves: readonly { readonly minute: number; readonly to: (typeof STATES)[number] }[]
}

const STATES = ['open', 'customer', 'vendor', 'agent', 'date', 'solved'] as const

/**
 * The model: it goes from minute to minute with a stop watch in its hand, and asks the language for what the clock on
 * the wall shows. It knows no stretches, no overlaps, no offsets and no periods.
 */
function watch(world: World, targetMinutes: number) {
  const wall = new Intl.DateTimeFormat('en-US', {
    timeZone: world.zone,
    hourCycle: 'h23',
    weekday: 'short',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  const read = (ms: number) => {
    const at = new Map(wall.formatToParts(ms).map(({ type, value }) => [type, value]))
    return {
      day: `${at.get('month')}/${at.get('day')}`,
      weekday: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(at.get('weekday') ?? ''),
      minute: Number(at.get('hour')) * 60 + Number(at.get('minute')),
    }
  }
  const offDays = new Set(
    holidaysOf(world).map((day) => `${Number(day.slice(5, 7))}/${Number(day.slice(8))}`),
  )
  let state: string = 'new'
  let used = 0
  let dueMs: number | null = null
  const reasons: string[] = []
  for (let minute = 0; minute < DAYS * DAY_MINUTES; minute += 1) {
    for (const move of world.moves) if (move.minute === minute) state = move.to
    const ms = world.startMs + minute * MINUTE_MS
    const { day, weekday, minute: shown } = read(ms)
    const isOpen = (world.hours[weekday] ?? []).some(([open, close]) => open <= shown && shown < close)
    if (state === 'solved') reasons.push('ended')
    else if (state === 'customer') reasons.push('waiting_for_customer')
    else if (offDays.has(day)) reasons.push('holiday')
    else if (isOpen) {
      reasons.push('counted')
      used += 1
      if (used === targetMinutes) dueMs = ms + MINUTE_MS
    } else reasons.push('outside_hours')
  }
  return { reasons, used, dueMs, endState: state }
}

function holidaysOf({ zone, startMs, daysOff }: World): string[] {
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(startMs)
  return daysOff.map((count) =>
    new Date(Date.parse(day) + count * DAY_MINUTES * MINUTE_MS).toISOString().slice(0, 10),
  )
}

const asTime = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

/** The same world in the form of the program. */
function inOurForm(world: World) {
  const sundayLast = [...world.hours.slice(1), world.hours[0] ?? []]
  const time = createBusinessTime({
    days: createBusinessDays(world.zone),
    hours: sundayLast.map((ranges) =>
      ranges.map(([open, close]) => ({ from: asTime(open), to: asTime(close) })),
    ),
    holidays: new Map(holidaysOf(world).map((day) => [day, 'Libur'])),
  })
  const moves = [{ minute: 0, to: 'new' }, ...world.moves]
  const spans = moves.map(({ minute, to }, index): Span => {
    const next = moves[index + 1]
    const isWaiting = !['new', 'open', 'solved'].includes(to)
    return {
      status: isWaiting ? 'pending' : to,
      pending_reason: isWaiting ? to : null,
      started_at: new Date(world.startMs + minute * MINUTE_MS),
      ended_at: next === undefined ? null : new Date(world.startMs + next.minute * MINUTE_MS),
    }
  })
  return { time, periods: periodsOf(spans) }
}

const anyHours = fc.array(
  fc
    .uniqueArray(fc.integer({ min: 0, max: DAY_MINUTES }), { maxLength: 6 })
    .map((minutes) => minutes.toSorted((one, other) => one - other))
    .map((minutes) =>
      Array.from(
        { length: Math.floor(minutes.length / 2) },
        (_each, index): Range => [minutes[2 * index] ?? 0, minutes[2 * index + 1] ?? 0],
      ),
    ),
  { minLength: 7, maxLength: 7 },
)
const anyWorld: fc.Arbitrary<World> = fc.record({
  zone: fc.constantFrom(
    'Asia/Jakarta',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
  ),
  // Weeks in which clocks are set forward or back somewhere, the year's end, and one in which nothing happens.
  startMs: fc
    .tuple(
      fc.constantFrom(
        '2026-03-06',
        '2026-03-27',
        '2026-10-23',
        '2026-10-30',
        '2026-04-03',
        '2026-12-28',
        '2026-08-13',
      ),
      fc.integer({ min: 0, max: 2 * DAY_MINUTES }),
    )
    .map(([day, minute]) => Date.parse(`${day}T00:00:00.000Z`) + minute * MINUTE_MS),
  hours: anyHours,
  daysOff: fc.uniqueArray(fc.integer({ min: 0, max: DAYS }), { maxLength: 4 }),
  moves: fc
    .uniqueArray(fc.tuple(fc.integer({ min: 1, max: DAYS * DAY_MINUTES - 1 }), fc.constantFrom(...STATES)), {
      maxLength: 7,
      selector: ([minute]) => minute,
    })
    .map((moves) => moves.toSorted(([one], [other]) => one - other).map(([minute, to]) => ({ minute, to }))),
})

describe('the clocks of a ticket beside a stop watch', () => {
  it('D8 the stop watch agrees with what is counted by hand', () => {
    // Friday 16:00, a working day of eight hours, Monday off, three hours on Tuesday for the customer.
    const day: Range[] = [
      [480, 720],
      [780, 1_020],
    ]
    const world: World = {
      zone: 'Asia/Jakarta',
      startMs: Date.parse('2026-08-14T09:00:00.000Z'),
      hours: [[], day, day, day, day, day, []],
      daysOff: [3],
      moves: [
        { minute: 4 * DAY_MINUTES - 7 * 60, to: 'customer' },
        { minute: 4 * DAY_MINUTES - 4 * 60, to: 'open' },
      ],
    }
    const { dueMs } = watch(world, 480)
    // 1 h on Friday; on Tuesday 08–09 and 13–17, for 09–12 was the customer's; 2 h on Wednesday.
    assert.equal(dueMs, Date.parse('2026-08-19T03:00:00.000Z'))
    const { time, periods } = inOurForm(world)
    assert.equal(reachedAt({ time, periods }, 480 * MINUTE_MS)?.getTime(), dueMs)
  })

  it('D8 they agree on every minute, on the sum and on the end, whatever the calendar, the zone and the moves', () => {
    fc.assert(
      fc.property(anyWorld, fc.integer({ min: 1, max: 3_000 }), (world, target) => {
        const { reasons, used, dueMs, endState } = watch(world, target)
        const { time, periods } = inOurForm(world)
        const now = new Date(world.startMs + DAYS * DAY_MINUTES * MINUTE_MS)
        const intervals = explainPeriods({ time, periods, now })
        const explained = intervals.flatMap(({ from, until, reason }) => {
          const minutes = (until.getTime() - from.getTime()) / MINUTE_MS
          assert.ok(Number.isInteger(minutes), 'an interval ends within a minute')
          return Array.from({ length: minutes }, () => reason)
        })
        assert.equal(intervals[0]?.from.getTime(), world.startMs)
        const differs = reasons.findIndex((reason, minute) => explained[minute] !== reason)
        assert.equal(differs, -1, `minute ${differs}: ${explained[differs]} instead of ${reasons[differs]}`)
        assert.equal(explained.length, reasons.length)
        assert.equal(usedMs({ time, periods, now }), used * MINUTE_MS)
        const due = reachedAt({ time, periods }, target * MINUTE_MS)?.getTime() ?? null
        // What is used up just when the ticket begins to wait, or ends, is in time.
        const isInTime = world.moves.some(
          ({ minute, to }) =>
            world.startMs + minute * MINUTE_MS === dueMs && (to === 'customer' || to === 'solved'),
        )
        if (dueMs !== null && isInTime) assert.ok(due === null || due > dueMs)
        else if (dueMs !== null) assert.equal(due, dueMs)
        else assert.ok(due === null || due >= now.getTime(), 'due although the watch has not come so far')
        const hasEnded = endState === 'solved'
        const stoppedAt = stopOf({ kind: 'resolution', periods, respondedAt: null, stoppedAt: null })
        assert.equal(stoppedAt !== null, hasEnded)
        if (stoppedAt !== null)
          assert.equal(usedMs({ time, periods: cutAt(periods, stoppedAt), now }), used * MINUTE_MS)
      }),
      { numRuns: 25 },
    )
  })
})
