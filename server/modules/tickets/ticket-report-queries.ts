import { type Kysely, sql } from 'kysely'
import type { ReportDays } from '#platform/report-days'
import type { TicketTables } from './table.ts'

/** Sums of a group of tickets, which can be added up with those of another. */
export type Sums = {
  readonly tickets: number
  readonly open: number
  readonly solved: number
  readonly cancelled: number
  readonly responded: number
  readonly response_ms: number
  readonly resolution_ms: number
  readonly first_response_breaches: number
  readonly resolution_breaches: number
  readonly ratings: number
  readonly rating_sum: number
}

const isOpen = sql`tickets.status in ('new', 'open', 'pending')`
const isSolved = sql`tickets.status in ('solved', 'closed')`
const isAnswered = sql`tickets.responded_at is not null and response.used_ms is not null`
const count = (condition: typeof isOpen) => sql<number>`count(case when ${condition} then 1 end)`
const sum = (value: typeof isOpen, condition: typeof isOpen) =>
  sql<number>`coalesce(sum(case when ${condition} then ${value} end), 0)`

const sums = [
  sql<number>`count(*)`.as('tickets'),
  count(isOpen).as('open'),
  count(isSolved).as('solved'),
  count(sql`tickets.status = 'cancelled'`).as('cancelled'),
  count(isAnswered).as('responded'),
  sum(sql`response.used_ms`, isAnswered).as('response_ms'),
  sum(sql`resolution.used_ms`, isSolved).as('resolution_ms'),
  sql<number>`count(response.breached_at)`.as('first_response_breaches'),
  sql<number>`count(resolution.breached_at)`.as('resolution_breaches'),
  sql<number>`count(tickets.rating)`.as('ratings'),
  sql<number>`coalesce(sum(tickets.rating), 0)`.as('rating_sum'),
] as const

function timedTickets(db: Kysely<TicketTables>) {
  return db
    .selectFrom('tickets')
    .innerJoin('ticket_clocks as resolution', (join) =>
      join.onRef('resolution.ticket_id', '=', 'tickets.id').on('resolution.kind', '=', 'resolution'),
    )
    .innerJoin('ticket_clocks as response', (join) =>
      join.onRef('response.ticket_id', '=', 'tickets.id').on('response.kind', '=', 'first_response'),
    )
}

function ticketsOf(db: Kysely<TicketTables>, { from, to }: ReportDays) {
  return timedTickets(db)
    .where('resolution.business_day', '>=', from)
    .where('resolution.business_day', '<=', to)
}

export async function sumTickets(db: Kysely<TicketTables>, days: ReportDays): Promise<Sums> {
  return await ticketsOf(db, days).select(sums).executeTakeFirstOrThrow()
}

/** Only the days on which a ticket came. */
export async function sumTicketsByDay(db: Kysely<TicketTables>, days: ReportDays) {
  return await ticketsOf(db, days)
    .select(['resolution.business_day as day', ...sums])
    .groupBy('resolution.business_day')
    .execute()
}

export async function sumTicketsByStatus(db: Kysely<TicketTables>, days: ReportDays) {
  return await ticketsOf(db, days)
    .select(['tickets.status', ...sums])
    .groupBy('tickets.status')
    .execute()
}

export async function sumTicketsByPriority(db: Kysely<TicketTables>, days: ReportDays) {
  return await ticketsOf(db, days)
    .select(['tickets.priority_id', ...sums])
    .groupBy('tickets.priority_id')
    .orderBy('tickets.priority_id')
    .execute()
}

/** Those without a category first on one engine and last on another, so the caller puts them in order. */
export async function sumTicketsByCategory(db: Kysely<TicketTables>, days: ReportDays) {
  return await ticketsOf(db, days)
    .select(['tickets.category_id', ...sums])
    .groupBy('tickets.category_id')
    .execute()
}

/** All that are open now, by the day on which they came. */
export async function sumOpenTickets(db: Kysely<TicketTables>) {
  return await timedTickets(db)
    .where('resolution.stopped_at', 'is', null)
    .select(['resolution.business_day as day', ...sums])
    .groupBy('resolution.business_day')
    .execute()
}
