import type { BusinessDays } from '#platform/business-days'

const DAY_MS = 86_400_000

type Zone = Pick<BusinessDays, 'offsetMs'>

/** What the clocks of the business show at this moment, as in `09:30:00.000`. */
export function timeOfDay({ offsetMs }: Zone, time: Date): string {
  return new Date(time.getTime() + offsetMs(time)).toISOString().slice(11, 23)
}

/**
 * When the clocks show this time on this day: the first time that they do, where they are set back over it, and as much
 * later as they are set forward, where they never do.
 */
export function momentOn({ offsetMs }: Zone, day: string, time: string): Date {
  const shown = Date.parse(`${day}T${time}Z`)
  // The clocks are set anew at most once within two days.
  const [before, after] = [-DAY_MS, DAY_MS].map((ms) => shown - offsetMs(new Date(shown + ms)))
  const right = [before, after].filter(
    (each) => each !== undefined && each + offsetMs(new Date(each)) === shown,
  )
  return new Date(right[0] ?? before ?? shown)
}

/** How many days the second comes after the first. */
export function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS
}
