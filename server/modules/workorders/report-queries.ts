import { type Kysely, type RawBuilder, sql } from 'kysely'
import { elapsedMs, overlapMs } from '#platform/database/elapsed'
import type { ReportDays } from '#platform/report-days'
import { openStatuses } from './lifecycle.ts'
import type { Times } from './report-weeks.ts'
import type { WorkOrderTables } from './table.ts'

/** The orders created on these days, by status, and how many of them are late as of `now`. */
export async function sumOrdersByStatus(
  db: Kysely<WorkOrderTables>,
  { from, to, now }: ReportDays & { readonly now: Date },
) {
  const overdue = sql`deadline_at < ${now} and status in (${sql.join(openStatuses)})`
  return await db
    .selectFrom('work_orders')
    .select([
      'status',
      sql<number>`count(*)`.as('count'),
      sql<number>`sum(quantity)`.as('quantity'),
      sql<number>`sum(case when ${overdue} then 1 else 0 end)`.as('overdue_count'),
      sql<number>`sum(case when ${overdue} then quantity else 0 end)`.as('overdue_quantity'),
    ])
    .where('business_day', '>=', from)
    .where('business_day', '<=', to)
    .groupBy('status')
    .execute()
}

function completedOrders(db: Kysely<WorkOrderTables>, { since, until }: Times) {
  return db
    .selectFrom('work_orders')
    .where('status', '=', 'completed')
    .where('finished_at', '>=', since)
    .where('finished_at', '<', until)
}

/** `ends` are the moments at which the weeks end, the last of them `until`; `week` is the place among them. */
export async function sumCompletedByWeek(
  db: Kysely<WorkOrderTables>,
  { ends, ...times }: Times & { readonly ends: readonly Date[] },
) {
  const cases = ends.map((end, place) => sql`when finished_at < ${end} then ${sql.lit(place)}`)
  const week = sql<number>`case ${sql.join(cases, sql` `)} end`
  const onTime = sql<number>`case when finished_at <= deadline_at then 1 else 0 end`
  return await db
    .selectFrom(
      completedOrders(db, times)
        .select([week.as('week'), onTime.as('on_time')])
        .as('completed'),
    )
    .select(['week', sql<number>`count(*)`.as('count'), sql<number>`sum(on_time)`.as('on_time')])
    .groupBy('week')
    .execute()
}

function entriesOf(db: Kysely<WorkOrderTables>, { from, to }: ReportDays) {
  return db.selectFrom('production_entries').where('business_day', '>=', from).where('business_day', '<=', to)
}

const quantity = sql<number>`sum(quantity)`.as('quantity')

export async function sumOutputByDay(db: Kysely<WorkOrderTables>, days: ReportDays) {
  return await entriesOf(db, days)
    .select(['business_day', 'kind', 'scrap_reason', quantity])
    .groupBy(['business_day', 'kind', 'scrap_reason'])
    .execute()
}

export async function sumOutputByOperator(db: Kysely<WorkOrderTables>, days: ReportDays) {
  return await entriesOf(db, days)
    .select(['operator_id', 'kind', quantity])
    .groupBy(['operator_id', 'kind'])
    .execute()
}

export async function sumHoldsByReason(db: Kysely<WorkOrderTables>, times: Times) {
  if (times.since >= times.until) return []
  return await db
    .selectFrom('work_order_holds')
    .where(meets(times))
    .select([
      'reason',
      sql<number>`count(*)`.as('count'),
      sql<number>`sum(${overlapMs(db, { ...STRETCH, ...times })})`.as('duration_ms'),
    ])
    .groupBy('reason')
    .execute()
}

export async function sumSessionsByOperator(db: Kysely<WorkOrderTables>, times: Times) {
  if (times.since >= times.until) return []
  return await db
    .selectFrom('work_sessions')
    .where(meets(times))
    .select(['operator_id', sql<number>`sum(${overlapMs(db, { ...STRETCH, ...times })})`.as('duration_ms')])
    .groupBy('operator_id')
    .execute()
}

/** `timed` are those of which the start is known; `duration_ms` is the sum of theirs. */
export async function sumCompletedByOperator(db: Kysely<WorkOrderTables>, times: Times) {
  const duration = elapsedMs(db, { from: sql.ref('started_at'), to: sql.ref('finished_at') })
  return await completedOrders(db, times)
    .select([
      'operator_id',
      sql<number>`count(*)`.as('count'),
      sql<number>`count(started_at)`.as('timed'),
      sql<number>`coalesce(sum(${duration}), 0)`.as('duration_ms'),
    ])
    .groupBy('operator_id')
    .execute()
}

const STRETCH = { startedAt: 'started_at', endedAt: 'ended_at' } as const

function meets({ since, until }: Times): RawBuilder<boolean> {
  return sql<boolean>`(started_at < ${until} and (ended_at is null or ended_at > ${since}))`
}
