import { invalidField } from '#platform/errors'
import type { OpenRange } from './business-time.ts'
import type { WeekHours } from './sla-schemas.ts'

const weekdays = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const satisfies readonly (keyof WeekHours)[]

/** The hours as they are kept. */
export function readHours(json: string): readonly (readonly OpenRange[])[] {
  const hours: unknown = JSON.parse(json)
  if (!Array.isArray(hours)) throw new TypeError('the business hours are no list of weekdays')
  return hours.map((ranges: unknown) => (Array.isArray(ranges) ? ranges.map(toRange) : []))
}

function toRange(value: unknown): OpenRange {
  const textOf = (name: 'from' | 'to'): unknown =>
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : null
  const [from, to] = [textOf('from'), textOf('to')]
  if (typeof from !== 'string' || typeof to !== 'string')
    throw new TypeError('the business hours hold no range of times')
  return { from, to }
}

export function writeHours(week: WeekHours): string {
  return JSON.stringify(weekdays.map((name) => week[name]))
}

export function toWeek(hours: readonly (readonly OpenRange[])[]): WeekHours {
  const of = (index: number): OpenRange[] => [...(hours[index] ?? [])]
  return {
    monday: of(0),
    tuesday: of(1),
    wednesday: of(2),
    thursday: of(3),
    friday: of(4),
    saturday: of(5),
    sunday: of(6),
  }
}

/** Refuses ranges that end before they begin or overlap, and a week without any: nothing would ever be due. */
export function checkWeek(week: WeekHours): void {
  for (const name of weekdays) {
    let last = ''
    for (const [index, { from, to }] of week[name].entries()) {
      if (from < to && from >= last) {
        last = to
        continue
      }
      throw invalidField({
        pointer: `/hours/${name}/${index}`,
        code: 'invalid',
        text: {
          en: 'must end after it begins, and begin after the one before it',
          id: 'harus berakhir setelah mulai, dan mulai setelah rentang sebelumnya',
        },
      })
    }
  }
  if (weekdays.some((name) => week[name].length > 0)) return
  throw invalidField({
    pointer: '/hours',
    code: 'invalid',
    text: { en: 'must have at least one range', id: 'harus memiliki setidaknya satu rentang waktu' },
  })
}
