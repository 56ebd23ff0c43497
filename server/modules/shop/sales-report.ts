import { addDays, type BusinessDays } from '#platform/business-days'
import { invalidField } from '#platform/errors'
import type { ShopParts } from './catalogue.ts'
import { listSalesByCategory, listSalesByDay, listSalesByProduct, sumSales } from './sales-queries.ts'
import type { SalesGroup, SalesQuery, SalesReport, SalesRow } from './sales-schemas.ts'

const DEFAULT_DAYS = 30
const MAX_DAYS = 366

type Parts = Pick<ShopParts, 'db' | 'clock'> & {
  readonly businessDays: BusinessDays
  readonly businessZone: string
}

export type SalesReports = ReturnType<typeof createSalesReports>

/** What was sold, by the day on which it was ordered; without days of its own the last thirty, today included. */
export function createSalesReports({ db, clock, businessDays, businessZone }: Parts) {
  return {
    async reportSales(query: SalesQuery): Promise<SalesReport> {
      const { by = 'day' } = query
      const days = daysOf(query, businessDays.dayOf(clock.now()))
      const [data, totals] = await Promise.all([listSales(by, days), sumSales(db, days)])
      return { ...days, zone: businessZone, by, data, totals }
    },
  }

  async function listSales(by: SalesGroup, days: Days): Promise<SalesRow[]> {
    switch (by) {
      case 'day':
        return everyDay(days, await listSalesByDay(db, days))
      case 'product':
        return await listSalesByProduct(db, days)
      case 'category':
        return await listSalesByCategory(db, days)
    }
  }
}

type Days = { readonly from: string; readonly to: string }

function daysOf({ from, to }: SalesQuery, today: string): Days {
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

type Sold = Awaited<ReturnType<typeof listSalesByDay>>

/** Also those on which nothing was sold. */
function everyDay({ from, to }: Days, sold: Sold): SalesRow[] {
  const byDay = new Map(sold.map((row) => [row.day, row]))
  const rows: SalesRow[] = []
  for (let day = from; day <= to; day = addDays(day, 1)) {
    const { orders, quantity, revenue } = byDay.get(day) ?? { orders: 0, quantity: 0, revenue: 0 }
    rows.push({ day, orders, quantity, revenue })
  }
  return rows
}
