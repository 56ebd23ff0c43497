import { addDays } from '#platform/business-days'
import { type RecurrenceRule, toRecurrence } from '#platform/http/recurrence'
import { firstOnOrAfter } from '#platform/recurrence'

/** A task that repeats itself and has ended; days are those of the business, written `2026-11-21`. */
export type Ended = {
  readonly rule: RecurrenceRule
  readonly from: 'due' | 'completion'
  /** The day from which the rule counts. */
  readonly start: string
  /** Null where nobody says any more when it is due. */
  readonly dueDay: string | null
  readonly endedDay: string
  /** Earlier days are left out. */
  readonly notBefore?: string
}

/** The day on which the next one is due, and by which rule it goes on from there. */
export type Next = { readonly day: string; readonly rule: RecurrenceRule; readonly start: string }

/** Null when that was the last one. */
export function nextRepetition(ended: Ended): Next | null {
  return ended.from === 'due' ? afterDue(ended) : afterCompletion(ended)
}

/** The first day of the rule after the due one; what was missed is not done afterwards. */
function afterDue({ rule, start, dueDay, endedDay, notBefore }: Ended): Next | null {
  const from = latest(addDays(dueDay ?? endedDay, 1), endedDay, notBefore)
  const day = firstOnOrAfter(toRecurrence(rule, start), from)
  return day === null ? null : { day, rule, start }
}

/**
 * The rule as if it began on the day of the completion. Its count is how many are still to come, this one included. A
 * rule that names its days has none twice: the one that was done ahead of its day is not opened again for it.
 */
function afterCompletion({ rule, dueDay, endedDay, notBefore }: Ended): Next | null {
  const { count, ...endless } = rule
  if (count === 1) return null
  const done = namesDays(rule) && dueDay !== null && dueDay > endedDay ? dueDay : endedDay
  const day = firstOnOrAfter(toRecurrence(endless, endedDay), latest(addDays(done, 1), notBefore))
  if (day === null) return null
  return { day, rule: count === undefined ? rule : { ...rule, count: count - 1 }, start: day }
}

function namesDays({ weekdays, month, day, nth_weekday: nth }: RecurrenceRule): boolean {
  return weekdays !== undefined || month !== undefined || day !== undefined || nth !== undefined
}

function latest(first: string, ...others: readonly (string | undefined)[]): string {
  return others.reduce<string>((last, day) => (day !== undefined && day > last ? day : last), first)
}
