import type { FastifyReply } from 'fastify'
import { sendCsv, wantsCsv } from '#platform/http/csv'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { OPERATOR_COLUMNS, toWorkOrderRows, WORK_ORDER_COLUMNS } from './report-csv.ts'
import { createOperatorReport } from './report-operators.ts'
import { OperatorReport, WorkOrderReport, WorkReportQuery } from './report-schemas.ts'
import { createWorkOrderReport, type ReportParts } from './report-work-orders.ts'

/** Both are for those who read the figures of the business: managers, administrators and agents. */
export function registerReports(app: HttpServer, parts: ReportParts): void {
  const { reportWorkOrders, reportOperators } = traceUseCases('workorders', {
    reportWorkOrders: createWorkOrderReport(parts),
    reportOperators: createOperatorReport(parts),
  })

  app.get(
    '/api/v1/reports/workorders',
    {
      config: { permission: 'reports:read' },
      schema: {
        tags: ['workorders'],
        summary:
          'How the work orders of some days went; with `Accept: text/csv` one table with a column `section`',
        querystring: WorkReportQuery,
        response: { 200: WorkOrderReport },
      },
    },
    async (request, reply) => {
      const report = await reportWorkOrders(request.query)
      keepPrivate(reply)
      if (!wantsCsv(request)) return report
      return await sendCsv(reply, {
        name: `workorders-${report.from}-${report.to}.csv`,
        columns: WORK_ORDER_COLUMNS,
        rows: toWorkOrderRows(report),
      })
    },
  )

  app.get(
    '/api/v1/reports/operators',
    {
      config: { permission: 'reports:read' },
      schema: {
        tags: ['workorders'],
        summary: 'What each operator did on some days; as CSV with `Accept: text/csv`',
        querystring: WorkReportQuery,
        response: { 200: OperatorReport },
      },
    },
    async (request, reply) => {
      const report = await reportOperators(request.query)
      keepPrivate(reply)
      if (!wantsCsv(request)) return report
      return await sendCsv(reply, {
        name: `operators-${report.from}-${report.to}.csv`,
        columns: OPERATOR_COLUMNS,
        rows: report.data,
      })
    },
  )
}

function keepPrivate(reply: FastifyReply): void {
  reply.header('vary', 'accept').header('cache-control', 'private, no-store')
}
