import { sendCsv, wantsCsv } from '#platform/http/csv'
import type { HttpServer } from '#platform/http/types'
import type { TicketReports } from './ticket-report.ts'
import { figureNames, type ReportGroup, TicketReport, TicketReportQuery } from './ticket-report-schemas.ts'

const KEYS: Readonly<Record<ReportGroup, string>> = {
  day: 'day',
  status: 'status',
  priority: 'priority_id',
  category: 'category_id',
  age: 'age',
}

export function registerTicketReportRoutes(
  app: HttpServer,
  { ticketReports }: { readonly ticketReports: TicketReports },
): void {
  app.get(
    '/api/v1/reports/tickets',
    {
      config: { permission: 'reports:read' },
      schema: {
        tags: ['tickets'],
        summary: 'What came to the desk and how it was served; as CSV with `Accept: text/csv`',
        querystring: TicketReportQuery,
        response: { 200: TicketReport },
      },
    },
    async (request, reply) => {
      const report = await ticketReports.reportTickets(request.query)
      reply.header('vary', 'accept').header('cache-control', 'private, no-store')
      if (!wantsCsv(request)) return report
      const name = `tickets-by-${report.by}-${report.from}-${report.to}.csv`
      return await sendCsv(reply, { name, columns: [KEYS[report.by], ...figureNames], rows: report.data })
    },
  )
}
