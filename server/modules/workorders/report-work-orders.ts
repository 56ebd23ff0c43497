import type { Kysely } from 'kysely'
import type { BusinessDays } from '#platform/business-days'
import type { Clock } from '#platform/clock'
import { reportDays } from '#platform/report-days'
import { holdReasons, scrapReasons, workOrderStatuses } from './lifecycle.ts'
import { sumCompletedByWeek, sumHoldsByReason, sumOrdersByStatus, sumOutputByDay } from './report-queries.ts'
import type { WorkOrderReport, WorkReportQuery } from './report-schemas.ts'
import { type ReportWeek, timesOf, upTo, weeksOf } from './report-weeks.ts'
import type { WorkOrderTables } from './table.ts'

export type ReportParts = {
  readonly db: Kysely<WorkOrderTables>
  readonly clock: Clock
  readonly businessDays: BusinessDays
  readonly businessZone: string
}

/** How the work orders of some days went (W7). */
export function createWorkOrderReport({ db, clock, businessDays, businessZone }: ReportParts) {
  return async (query: WorkReportQuery): Promise<WorkOrderReport> => {
    const now = clock.now()
    const days = reportDays(query, businessDays.dayOf(now))
    const weeks = weeksOf(days)
    const times = timesOf(businessDays, days)
    const ends = weeks.map((week) => timesOf(businessDays, week).until)
    const [orders, completed, entries, holds] = await Promise.all([
      sumOrdersByStatus(db, { ...days, now }),
      sumCompletedByWeek(db, { ...times, ends }),
      sumOutputByDay(db, days),
      sumHoldsByReason(db, upTo(now, times)),
    ])
    const statuses = toStatuses(orders)
    const downtime = toDowntime(holds)
    const onTime = toOnTime(completed)
    const output = toOutput(entries)
    return {
      ...days,
      zone: businessZone,
      statuses,
      overdue: {
        count: sum(orders, (row) => row.overdue_count),
        quantity: sum(orders, (row) => row.overdue_quantity),
      },
      on_time: onTime,
      output,
      scrap: toScrap(entries),
      downtime,
      weeks: toWeeks(weeks, { completed, entries }),
      totals: {
        count: sum(statuses, (row) => row.count),
        quantity: sum(statuses, (row) => row.quantity),
        completed: onTime.completed,
        ...output,
        downtime_ms: sum(downtime, (row) => row.duration_ms),
      },
    }
  }
}

type Orders = Awaited<ReturnType<typeof sumOrdersByStatus>>
type Completed = Awaited<ReturnType<typeof sumCompletedByWeek>>
type Entries = Awaited<ReturnType<typeof sumOutputByDay>>
type Holds = Awaited<ReturnType<typeof sumHoldsByReason>>

function toStatuses(orders: Orders): WorkOrderReport['statuses'] {
  return workOrderStatuses.map((status) => {
    const { count = 0, quantity = 0 } = orders.find((row) => row.status === status) ?? {}
    return { status, count, quantity }
  })
}

function toOnTime(weeks: Completed): WorkOrderReport['on_time'] {
  const completed = sum(weeks, (week) => week.count)
  const onTime = sum(weeks, (week) => week.on_time)
  const rate = completed === 0 ? null : Math.round((onTime / completed) * 10_000) / 10_000
  return { completed, on_time: onTime, late: completed - onTime, rate }
}

function toOutput(entries: Entries): WorkOrderReport['output'] {
  const made = (kind: string): number =>
    sum(
      entries.filter((entry) => entry.kind === kind),
      (entry) => entry.quantity,
    )
  return { good: made('good'), scrap: made('scrap'), rework: made('rework') }
}

function toScrap(entries: Entries): WorkOrderReport['scrap'] {
  const scrap = entries.filter(({ kind }) => kind === 'scrap')
  return scrapReasons.map((reason) => ({
    reason,
    quantity: sum(
      scrap.filter((entry) => (entry.scrap_reason ?? 'other') === reason),
      (entry) => entry.quantity,
    ),
  }))
}

function toDowntime(holds: Holds): WorkOrderReport['downtime'] {
  return holdReasons.map((reason) => {
    const { count = 0, duration_ms: durationMs = 0 } = holds.find((row) => row.reason === reason) ?? {}
    return { reason, holds: count, duration_ms: durationMs }
  })
}

type Made = { readonly completed: Completed; readonly entries: Entries }

function toWeeks(weeks: readonly ReportWeek[], { completed, entries }: Made): WorkOrderReport['weeks'] {
  return weeks.map((week, place) => {
    const good = entries.filter(
      ({ kind, business_day: day }) => kind === 'good' && week.from <= day && day <= week.to,
    )
    return {
      ...week,
      completed: completed.find((row) => row.week === place)?.count ?? 0,
      good: sum(good, (entry) => entry.quantity),
    }
  })
}

function sum<Row>(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((total, row) => total + of(row), 0)
}
