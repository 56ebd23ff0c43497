import { type Static, Type } from 'typebox'
import { invalidField } from '../errors.ts'
import type { Text } from '../language.ts'
import { firstOnOrAfter, type Recurrence, weekdays } from '../recurrence.ts'
import { BusinessDay, Strict } from './schemas.ts'

const Weekday = Type.Enum([...weekdays])
const Last = Type.Enum(['last'] as const)

/** On which business days something happens, as it goes over the wire; the day from which on stands beside it. */
export const RecurrenceRule = Strict({
  frequency: Type.Enum(['daily', 'weekly', 'monthly', 'yearly'] as const),
  every: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000,
      description: 'Every so many days, weeks (from Monday on), months or years, those of `start` included',
    }),
  ),
  weekdays: Type.Optional(
    Type.Array(Weekday, { minItems: 1, maxItems: 7, uniqueItems: true, description: 'Of a weekly rule' }),
  ),
  month: Type.Optional(Type.Integer({ minimum: 1, maximum: 12, description: 'Of a yearly rule' })),
  day: Type.Optional(
    Type.Union([Type.Integer({ minimum: 1, maximum: 31 }), Last], {
      description: 'Of a monthly or yearly rule; the last one of a month that has no such day',
    }),
  ),
  nth_weekday: Type.Optional(
    Strict(
      { nth: Type.Union([Type.Integer({ minimum: 1, maximum: 5 }), Last]), weekday: Weekday },
      { description: 'Instead of `day`; a month without a fifth one is left out' },
    ),
  ),
  until: Type.Optional(BusinessDay),
  count: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100_000,
      description: 'How many days from `start` on it has in all',
    }),
  ),
})
export type RecurrenceRule = Static<typeof RecurrenceRule>

/** What says more than its frequency of a rule, and of which. */
const FITTING = {
  weekdays: ['weekly'],
  month: ['yearly'],
  day: ['monthly', 'yearly'],
  nth_weekday: ['monthly', 'yearly'],
} as const

type Written = {
  readonly rule: RecurrenceRule
  readonly start: string
  /** Of the rule, as in `/rule`. */
  readonly pointer: string
}

/** Refuses with 400 what contradicts itself, and a rule that has no day at all. */
export function checkRecurrence({ rule, start, pointer }: Written): void {
  for (const name of ['weekdays', 'month', 'day', 'nth_weekday'] as const) {
    const isFitting = FITTING[name].some((frequency) => frequency === rule.frequency)
    if (rule[name] !== undefined && !isFitting) throw wrong(`${pointer}/${name}`, UNFITTING)
  }
  if (rule.day !== undefined && rule.nth_weekday !== undefined)
    throw wrong(`${pointer}/nth_weekday`, BESIDES_DAY)
  if (firstOnOrAfter(toRecurrence(rule, start), start) === null) throw wrong(`${pointer}/until`, NO_DAYS)
}

export function toRecurrence(rule: RecurrenceRule, start: string): Recurrence {
  const { frequency, every: interval = 1, month, day, nth_weekday: nth, until, count } = rule
  return { frequency, interval, start, weekdays: rule.weekdays, month, day, nth, until, count }
}

const UNFITTING = { en: 'does not belong to this frequency', id: 'tidak cocok dengan frekuensi ini' }
const BESIDES_DAY = { en: 'must not be given besides `day`', id: 'tidak boleh diisi bersama `day`' }
const NO_DAYS = { en: 'comes before the first day', id: 'mendahului hari pertama' }

function wrong(pointer: string, text: Text) {
  return invalidField({ pointer, code: 'invalid', text })
}
