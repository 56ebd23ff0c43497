/** Days as people count them, in the zone of the business, written `2026-11-21`: such texts sort as the days do. */
export type BusinessDays = {
  /** An IANA name. */
  readonly zone: string
  readonly dayOf: (time: Date) => string
  /** The first moment of the day, which is midnight unless the clocks are set forward just then. */
  readonly startOf: (day: string) => Date
  /** How far the zone's clocks are ahead of UTC at this moment, in milliseconds. */
  readonly offsetMs: (time: Date) => number
}

/** `zone` is an IANA name. */
export function createBusinessDays(zone: string): BusinessDays {
  const date = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' })
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const dayOf = (time: Date): string => date.format(time)

  function offsetMs(time: number): number {
    const at = new Map(parts.formatToParts(time).map(({ type, value }) => [type, Number(value)]))
    const part = (name: Intl.DateTimeFormatPartTypes): number => at.get(name) ?? 0
    const local = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    )
    // What the zone shows has no fractions of a second.
    return local - Math.floor(time / 1_000) * 1_000
  }

  return {
    zone,
    dayOf,
    offsetMs: (time) => offsetMs(time.getTime()),
    startOf(day) {
      const midnight = Date.parse(`${day}T00:00:00.000Z`)
      // Where the clocks change about midnight, the offsets before and after the change lead to two candidates.
      const first = midnight - offsetMs(midnight)
      const candidates = [first, midnight - offsetMs(first), midnight - offsetMs(midnight - DAY_MS)]
      const within = candidates.filter((time) => dayOf(new Date(time)) === day)
      return new Date(within.length === 0 ? first : Math.min(...within))
    },
  }
}

const DAY_MS = 86_400_000

/** The day so many days later, or earlier with a number below zero. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00.000Z`) + days * DAY_MS).toISOString().slice(0, 10)
}
