import type { Kysely } from 'kysely'
import { type BusinessTime, createBusinessTime } from './business-time.ts'
import { getHours, listHolidays, listPolicies, type PolicyRow } from './clock-queries.ts'
import { readHours } from './opening-hours.ts'
import type { TicketParts } from './parts.ts'
import type { TicketTables } from './table.ts'

/** By what the clocks go. */
export type Terms = { readonly time: BusinessTime; readonly policies: readonly PolicyRow[] }

export async function readTerms(
  { businessDays }: Pick<TicketParts, 'businessDays'>,
  db: Kysely<TicketTables>,
): Promise<Terms> {
  const policies = await listPolicies(db)
  const { hours } = await getHours(db)
  const holidays = await listHolidays(db)
  const time = createBusinessTime({
    days: businessDays,
    hours: readHours(hours),
    holidays: new Map(holidays.map(({ day, name }) => [day, name])),
  })
  return { time, policies }
}
