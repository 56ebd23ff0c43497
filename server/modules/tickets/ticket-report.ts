import { addDays } from '#platform/business-days'
import { type ReportDays, reportDays } from '#platform/report-days'
import { ticketStatuses } from './lifecycle.ts'
import type { TicketParts } from './parts.ts'
import {
  type Sums,
  sumOpenTickets,
  sumTickets,
  sumTicketsByCategory,
  sumTicketsByDay,
  sumTicketsByPriority,
  sumTicketsByStatus,
} from './ticket-report-queries.ts'
import {
  type Age,
  ages,
  type ReportGroup,
  type TicketFigures,
  type TicketReport,
  type TicketReportQuery,
  type TicketReportRow,
} from './ticket-report-schemas.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

export type TicketReports = ReturnType<typeof createTicketReports>

/** What came to the desk and how it was served, by the day on which it came. */
export function createTicketReports({
  db,
  clock,
  businessDays,
}: Pick<TicketParts, 'db' | 'clock' | 'businessDays'>) {
  return {
    async reportTickets(query: TicketReportQuery): Promise<TicketReport> {
      const { by = 'day' } = query
      const today = businessDays.dayOf(clock.now())
      const days = reportDays(query, today)
      const backlog = byAge(await sumOpenTickets(db), today)
      const all = backlog.map(({ sums }) => sums)
      return {
        ...days,
        zone: businessDays.zone,
        by,
        data:
          by === 'age'
            ? backlog.map(({ age, sums }) => ({ age, ...toFigures(sums) }))
            : await rowsBy(by, days),
        totals: toFigures(by === 'age' ? all.reduce(add, NONE) : await sumTickets(db, days)),
        backlog: backlog.map(({ age, sums: { tickets } }) => ({ age, tickets })),
      }
    },
  }

  async function rowsBy(by: Exclude<ReportGroup, 'age'>, days: ReportDays): Promise<TicketReportRow[]> {
    switch (by) {
      case 'day':
        return everyDay(days, await sumTicketsByDay(db, days))
      case 'status':
        return everyStatus(await sumTicketsByStatus(db, days))
      case 'priority': {
        const rows = await sumTicketsByPriority(db, days)
        return rows.map((row) => ({ priority_id: row.priority_id, ...toFigures(row) }))
      }
      case 'category': {
        const rows = await sumTicketsByCategory(db, days)
        return rows
          .toSorted((one, other) => (one.category_id ?? Infinity) - (other.category_id ?? Infinity))
          .map((row) => ({ category_id: row.category_id, ...toFigures(row) }))
      }
    }
  }
}

const NONE: Sums = {
  tickets: 0,
  open: 0,
  solved: 0,
  cancelled: 0,
  responded: 0,
  response_ms: 0,
  resolution_ms: 0,
  first_response_breaches: 0,
  resolution_breaches: 0,
  ratings: 0,
  rating_sum: 0,
}

type OfDay = Sums & { readonly day: string }

/** Also those on which none came. */
function everyDay({ from, to }: ReportDays, found: readonly OfDay[]): TicketReportRow[] {
  const byDay = new Map(found.map((row) => [row.day, row]))
  const rows: TicketReportRow[] = []
  for (let day = from; day <= to; day = addDays(day, 1)) {
    rows.push({ day, ...toFigures(byDay.get(day) ?? NONE) })
  }
  return rows
}

function everyStatus(found: readonly (Sums & { readonly status: string })[]): TicketReportRow[] {
  return ticketStatuses.map((status) => ({
    status,
    ...toFigures(found.find((row) => row.status === status) ?? NONE),
  }))
}

function byAge(found: readonly OfDay[], today: string): { readonly age: Age; readonly sums: Sums }[] {
  return ages.map((age) => ({
    age,
    sums: found.filter(({ day }) => ageOf(day, today) === age).reduce(add, NONE),
  }))
}

function ageOf(day: string, today: string): Age {
  const count = Math.round((Date.parse(today) - Date.parse(day)) / DAY_MS)
  if (count <= 1) return '0-1'
  if (count <= 7) return '2-7'
  return count <= 30 ? '8-30' : '31+'
}

function add(one: Sums, other: Sums): Sums {
  return {
    tickets: one.tickets + other.tickets,
    open: one.open + other.open,
    solved: one.solved + other.solved,
    cancelled: one.cancelled + other.cancelled,
    responded: one.responded + other.responded,
    response_ms: one.response_ms + other.response_ms,
    resolution_ms: one.resolution_ms + other.resolution_ms,
    first_response_breaches: one.first_response_breaches + other.first_response_breaches,
    resolution_breaches: one.resolution_breaches + other.resolution_breaches,
    ratings: one.ratings + other.ratings,
    rating_sum: one.rating_sum + other.rating_sum,
  }
}

function toFigures(sums: Sums): TicketFigures {
  return {
    tickets: sums.tickets,
    open: sums.open,
    solved: sums.solved,
    cancelled: sums.cancelled,
    first_response_minutes: meanMinutes(sums.response_ms, sums.responded),
    resolution_minutes: meanMinutes(sums.resolution_ms, sums.solved),
    first_response_breaches: sums.first_response_breaches,
    resolution_breaches: sums.resolution_breaches,
    ratings: sums.ratings,
    rating: sums.ratings === 0 ? null : Math.round((sums.rating_sum / sums.ratings) * 100) / 100,
  }
}

function meanMinutes(sumMs: number, count: number): number | null {
  return count === 0 ? null : Math.round(sumMs / count / MINUTE_MS)
}
