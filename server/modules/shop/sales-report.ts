import { addDays, type BusinessDays } from '#platform/business-days'
import { type ReportDays, reportDays } from '#platform/report-days'
import type { ShopParts } from './catalogue.ts'
import { listSalesByCategory, listSalesByDay, listSalesByProduct, sumSales } from './sales-queries.ts'
import type { SalesGroup, SalesQuery, SalesReport, SalesRow } from './sales-schemas.ts'

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
      const days = reportDays(query, businessDays.dayOf(clock.now()))
      const [data, totals] = await Promise.all([listSales(by, days), sumSales(db, days)])
      return { ...days, zone: businessZone, by, data, totals }
    },
  }

  async function listSales(by: SalesGroup, days: ReportDays): Promise<SalesRow[]> {
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

type Sold = Awaited<ReturnType<typeof listSalesByDay>>

/** Also those on which nothing was sold. */
function everyDay({ from, to }: ReportDays, sold: Sold): SalesRow[] {
  const byDay = new Map(sold.map((row) => [row.day, row]))
  const rows: SalesRow[] = []
  for (let day = from; day <= to; day = addDays(day, 1)) {
    const { orders, quantity, revenue } = byDay.get(day) ?? { orders: 0, quantity: 0, revenue: 0 }
    rows.push({ day, orders, quantity, revenue })
  }
  return rows
}
