import { addDays } from './business-days.ts'
import { invalidField } from './errors.ts'

const DEFAULT_DAYS = 30
const MAX_DAYS = 366

/** The first and the last business day of a report, both included. */
export type ReportDays = { readonly from: string; readonly to: string }

type Asked = { readonly from?: string; readonly to?: string }

/** The days that a report is asked for; without days of its own the last thirty, today included. */
export function reportDays({ from, to }: Asked, today: string): ReportDays {
  const last = to ?? (from === undefined || from <= today ? today : from)
  const first = from ?? addDays(last, 1 - DEFAULT_DAYS)
  if (first > last) throw wrongDays({ en: 'must not be before `from`', id: 'tidak boleh sebelum `from`' })
  if (addDays(first, MAX_DAYS) <= last) {
    throw wrongDays({ en: `must be within ${MAX_DAYS} days`, id: `harus dalam ${MAX_DAYS} hari` })
  }
  return { from: first, to: last }
}

function wrongDays(text: { readonly en: string; readonly id: string }) {
  return invalidField({ pointer: 'to', code: 'invalid', text })
}
