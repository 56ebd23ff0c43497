import { findPeople, type PeopleTables, type PersonName } from '#modules/people'
import { reportDays } from '#platform/report-days'
import { sumCompletedByOperator, sumOutputByOperator, sumSessionsByOperator } from './report-queries.ts'
import type { OperatorReport, WorkReportQuery } from './report-schemas.ts'
import { timesOf, upTo } from './report-weeks.ts'
import type { ReportParts } from './report-work-orders.ts'

/** What each operator did on some days (W7). What is nobody's has a row of its own, so that the rows add up. */
export function createOperatorReport({ db, clock, businessDays, businessZone }: ReportParts) {
  return async (query: WorkReportQuery): Promise<OperatorReport> => {
    const now = clock.now()
    const days = reportDays(query, businessDays.dayOf(now))
    const times = timesOf(businessDays, days)
    const [completed, output, sessions] = await Promise.all([
      sumCompletedByOperator(db, times),
      sumOutputByOperator(db, days),
      sumSessionsByOperator(db, upTo(now, times)),
    ])
    const sums = addUp({ completed, output, sessions })
    const ids = [...sums.keys()].filter((id) => id !== null)
    const people = await findPeople(db.withTables<PeopleTables>(), ids)
    return {
      ...days,
      zone: businessZone,
      data: [...sums]
        .map(([id, figures]) => ({ id, figures, person: id === null ? undefined : people.get(id) }))
        .sort(byName)
        .map(({ id, figures, person }) => ({
          operator_id: id,
          name: person?.name ?? null,
          ...present(figures),
        })),
      totals: present([...sums.values()].reduce(add, NONE)),
    }
  }
}

type Rows = {
  readonly completed: Awaited<ReturnType<typeof sumCompletedByOperator>>
  readonly output: Awaited<ReturnType<typeof sumOutputByOperator>>
  readonly sessions: Awaited<ReturnType<typeof sumSessionsByOperator>>
}

const NONE = { completed: 0, timed: 0, durationMs: 0, good: 0, scrap: 0, rework: 0, workedMs: 0 }
type Figures = typeof NONE

function addUp({ completed, output, sessions }: Rows): Map<string | null, Figures> {
  const sums = new Map<string | null, Figures>()
  const count = (id: string | null, figures: Partial<Figures>): void => {
    sums.set(id, add(sums.get(id) ?? NONE, { ...NONE, ...figures }))
  }
  for (const { operator_id: id, count: orders, timed, duration_ms: durationMs } of completed)
    count(id, { completed: orders, timed, durationMs })
  for (const { operator_id: id, kind, quantity } of output) {
    if (kind === 'good' || kind === 'scrap' || kind === 'rework') count(id, { [kind]: quantity })
  }
  for (const { operator_id: id, duration_ms: workedMs } of sessions) count(id, { workedMs })
  return sums
}

function add(some: Figures, more: Figures): Figures {
  return {
    completed: some.completed + more.completed,
    timed: some.timed + more.timed,
    durationMs: some.durationMs + more.durationMs,
    good: some.good + more.good,
    scrap: some.scrap + more.scrap,
    rework: some.rework + more.rework,
    workedMs: some.workedMs + more.workedMs,
  }
}

function present({ timed, durationMs, workedMs, ...figures }: Figures): OperatorReport['totals'] {
  return {
    ...figures,
    mean_time_ms: timed === 0 ? null : Math.round(durationMs / timed),
    worked_ms: workedMs,
  }
}

type Line = { readonly id: string | null; readonly person: PersonName | undefined }

/** By name; who is unknown comes after, and what is nobody's last. */
function byName(one: Line, other: Line): number {
  return keyOf(one) < keyOf(other) ? -1 : 1
}

function keyOf({ id, person }: Line): string {
  if (id === null) return '2'
  return person === undefined ? `1${id}` : `0${person.nameKey}\0${id}`
}
