import { addDays, type BusinessDays } from '#platform/business-days'

/** From and to on the wall clock of the zone, as `08:00`; `24:00` is the end of the day. */
export type OpenRange = { readonly from: string; readonly to: string }

export type Calendar = {
  readonly days: BusinessDays
  /** Of each weekday, from Monday on: ranges in their order that do not overlap. */
  readonly hours: readonly (readonly OpenRange[])[]
  /** The name of each day on which nobody works. */
  readonly holidays: ReadonlyMap<string, string>
}

/** Half-open: the end is not in it. In milliseconds since 1970. */
type Stretch = { readonly fromMs: number; readonly untilMs: number }

export type Interval = {
  readonly from: Date
  readonly until: Date
  readonly reason: 'counted' | 'outside_hours' | 'holiday'
  /** The name of the holiday, where that is the reason. */
  readonly holiday?: string
}

export type BusinessTime = ReturnType<typeof createBusinessTime>

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Who works less than what is asked for in ten years will not be done in any time that people plan. */
const LONGEST_DAYS = 3_660

/**
 * Counts the time in which people work. A moment counts when the wall clock of the zone then shows a time within the
 * hours of its weekday and the day is no holiday; so an hour that comes twice counts twice, and one that is left out
 * not at all. Days that were looked at are remembered, so make one for one piece of work.
 */
export function createBusinessTime({ days, hours, holidays }: Calendar) {
  const known = new Map<string, Day>()

  function lookAt(day: string): Day {
    const found = known.get(day) ?? openDay(day)
    known.set(day, found)
    return found
  }

  function openDay(day: string): Day {
    const from = days.startOf(day)
    const fromMs = from.getTime()
    // A zone that moves over the date line leaves a day out.
    if (days.dayOf(from) !== day) return { fromMs, untilMs: fromMs, open: [] }
    const untilMs = days.startOf(addDays(day, 1)).getTime()
    if (holidays.has(day)) return { fromMs, untilMs, open: [] }
    const midnightMs = Date.parse(`${day}T00:00:00.000Z`)
    const ranges = hours[weekdayOf(midnightMs)] ?? []
    const open = evenStretches({ fromMs, untilMs }).flatMap((stretch) =>
      ranges.flatMap(({ from: opens, to: closes }) => {
        const zeroMs = midnightMs - days.offsetMs(new Date(stretch.fromMs))
        return overlap(stretch, { fromMs: zeroMs + toMs(opens), untilMs: zeroMs + toMs(closes) })
      }),
    )
    return { fromMs, untilMs, open }
  }

  /** Parts of a day in which the wall clock runs on without a jump. */
  function evenStretches({ fromMs, untilMs }: Stretch): Stretch[] {
    const offsetAt = (ms: number): number => days.offsetMs(new Date(ms))
    const first = offsetAt(fromMs)
    if (offsetAt(untilMs - MINUTE_MS) === first) return [{ fromMs, untilMs }]
    let before = fromMs
    let jumpMs = untilMs - MINUTE_MS
    while (jumpMs - before > MINUTE_MS) {
      const middle = before + Math.floor((jumpMs - before) / 2 / MINUTE_MS) * MINUTE_MS
      if (offsetAt(middle) === first) before = middle
      else jumpMs = middle
    }
    return [
      { fromMs, untilMs: jumpMs },
      { fromMs: jumpMs, untilMs },
    ]
  }

  /** The open stretches and the days that they are in, as far as they lie between two moments. */
  function* daysBetween(from: Date, until: Date): Generator<Day & { readonly day: string }> {
    if (from >= until) return
    const last = days.dayOf(new Date(until.getTime() - 1))
    for (let day = days.dayOf(from); day <= last; day = addDays(day, 1)) {
      const found = lookAt(day)
      const limits = { fromMs: from.getTime(), untilMs: until.getTime() }
      const [part] = overlap(found, limits)
      if (part === undefined) continue
      yield { day, ...part, open: found.open.flatMap((stretch) => overlap(stretch, limits)) }
    }
  }

  return {
    /**
     * The first moment by which so much business time has passed since the start, in milliseconds; null where that
     * takes more than ten years.
     */
    add(start: Date, businessMs: number): Date | null {
      let leftMs = businessMs
      if (leftMs <= 0) return start
      const limits = { fromMs: start.getTime(), untilMs: Number.POSITIVE_INFINITY }
      const first = days.dayOf(start)
      for (let count = 0, day = first; count < LONGEST_DAYS; count += 1, day = addDays(day, 1)) {
        for (const stretch of lookAt(day).open) {
          const [part] = overlap(stretch, limits)
          if (part === undefined) continue
          const lengthMs = part.untilMs - part.fromMs
          if (lengthMs >= leftMs) return new Date(part.fromMs + leftMs)
          leftMs -= lengthMs
        }
      }
      return null
    },

    /** Business time from one moment to another, in milliseconds; zero when the second is not later. */
    between(from: Date, until: Date): number {
      let sumMs = 0
      for (const { open } of daysBetween(from, until))
        for (const { fromMs, untilMs } of open) sumMs += untilMs - fromMs
      return sumMs
    },

    /** The whole time from one moment to another in parts without a gap, each with why it counts or does not. */
    explain(from: Date, until: Date): Interval[] {
      const found: Interval[] = []
      for (const { day, fromMs, untilMs, open } of daysBetween(from, until)) {
        const holiday = holidays.get(day)
        const rest =
          holiday === undefined
            ? ({ reason: 'outside_hours' } as const)
            : { reason: 'holiday' as const, holiday }
        let reachedMs = fromMs
        for (const stretch of open) {
          push(found, { ...rest, fromMs: reachedMs, untilMs: stretch.fromMs })
          push(found, { reason: 'counted', ...stretch })
          reachedMs = stretch.untilMs
        }
        push(found, { ...rest, fromMs: reachedMs, untilMs })
      }
      return found
    },
  }
}

type Day = Stretch & { readonly open: readonly Stretch[] }

function overlap(one: Stretch, other: Stretch): Stretch[] {
  const fromMs = Math.max(one.fromMs, other.fromMs)
  const untilMs = Math.min(one.untilMs, other.untilMs)
  return fromMs < untilMs ? [{ fromMs, untilMs }] : []
}

/** Joins what follows for the same reason. */
function push(
  intervals: Interval[],
  { fromMs, untilMs, ...why }: Stretch & Pick<Interval, 'reason' | 'holiday'>,
): void {
  if (fromMs >= untilMs) return
  const last = intervals.at(-1)
  const until = new Date(untilMs)
  const isSame =
    last !== undefined &&
    last.reason === why.reason &&
    last.holiday === why.holiday &&
    last.until.getTime() === fromMs
  if (isSame) intervals.splice(-1, 1, { ...last, until })
  else intervals.push({ from: new Date(fromMs), until, ...why })
}

/** Monday is 0; 1970 began on a Thursday. */
function weekdayOf(midnightMs: number): number {
  return (Math.floor(midnightMs / DAY_MS) + 3) % 7
}

function toMs(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return (hours * 60 + minutes) * MINUTE_MS
}
