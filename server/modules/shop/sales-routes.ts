import { sendCsv, wantsCsv } from '#platform/http/csv'
import type { HttpServer } from '#platform/http/types'
import type { SalesReports } from './sales-report.ts'
import { type SalesGroup, SalesQuery, SalesReport } from './sales-schemas.ts'

const COLUMNS: Readonly<Record<SalesGroup, readonly string[]>> = {
  day: ['day', 'orders', 'quantity', 'revenue'],
  product: ['product_id', 'sku', 'name', 'orders', 'quantity', 'revenue'],
  category: ['category_id', 'name', 'orders', 'quantity', 'revenue'],
}

export function registerSalesRoutes(
  app: HttpServer,
  { salesReports }: { readonly salesReports: SalesReports },
): void {
  app.get(
    '/api/v1/reports/sales',
    {
      config: { permission: 'reports:read' },
      schema: {
        tags: ['shop'],
        summary: 'What was sold, by day, product or category; as CSV with `Accept: text/csv`',
        querystring: SalesQuery,
        response: { 200: SalesReport },
      },
    },
    async (request, reply) => {
      const report = await salesReports.reportSales(request.query)
      reply.header('vary', 'accept').header('cache-control', 'private, no-store')
      if (!wantsCsv(request)) return report
      const name = `sales-by-${report.by}-${report.from}-${report.to}.csv`
      return await sendCsv(reply, { name, columns: COLUMNS[report.by], rows: report.data })
    },
  )
}
