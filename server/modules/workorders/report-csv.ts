import type { OperatorReport, WorkOrderReport } from './report-schemas.ts'

/** One table for the whole report: whoever wants one section filters by the first column. */
export const WORK_ORDER_COLUMNS = ['section', 'name', 'count', 'quantity', 'duration_ms', 'rate'] as const

type Row = { readonly [Column in (typeof WORK_ORDER_COLUMNS)[number]]?: string | number | null }

export function toWorkOrderRows(report: WorkOrderReport): Row[] {
  const { overdue, on_time: onTime, output, totals } = report
  return [
    ...report.statuses.map(({ status, ...row }) => ({ section: 'status', name: status, ...row })),
    { section: 'overdue', name: 'overdue', ...overdue },
    { section: 'on_time', name: 'on_time', count: onTime.on_time, rate: onTime.rate },
    { section: 'on_time', name: 'late', count: onTime.late },
    ...Object.entries(output).map(([name, quantity]) => ({ section: 'output', name, quantity })),
    ...report.scrap.map(({ reason, quantity }) => ({ section: 'scrap', name: reason, quantity })),
    ...report.downtime.map(({ reason, holds, duration_ms }) => ({
      section: 'downtime',
      name: reason,
      count: holds,
      duration_ms,
    })),
    ...report.weeks.map(({ week, completed, good }) => ({
      section: 'week',
      name: week,
      count: completed,
      quantity: good,
    })),
    { section: 'total', name: 'created', count: totals.count, quantity: totals.quantity },
    { section: 'total', name: 'completed', count: totals.completed },
    { section: 'total', name: 'downtime', duration_ms: totals.downtime_ms },
  ]
}

export const OPERATOR_COLUMNS = [
  'operator_id',
  'name',
  'completed',
  'good',
  'scrap',
  'rework',
  'mean_time_ms',
  'worked_ms',
] as const satisfies readonly (keyof OperatorReport['data'][number])[]
