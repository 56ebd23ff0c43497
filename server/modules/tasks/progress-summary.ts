import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import { addDays } from '#platform/business-days'
import type { Call } from '#platform/call'
import { viewerOf } from './access.ts'
import type { TaskStatus } from './lifecycle.ts'
import { type Viewer, visibleTo } from './list-queries.ts'
import type { TaskParts } from './parts.ts'
import type { ProgressSummary } from './progress-schemas.ts'
import type { TaskTables } from './table.ts'

const WEEKS = 8
const DAY_MS = 86_400_000
const OPEN = ['open', 'in_progress']

export type SummariseProgress = ReturnType<typeof createSummariseProgress>

/**
 * How far the caller has got with what they see (T2). Weeks begin on Monday, in the business zone. What was hidden while
 * there was still something to do waits for nobody; what was finished counts, hidden or not.
 */
export function createSummariseProgress({
  db,
  clock,
  businessDays,
}: Pick<TaskParts, 'db' | 'clock' | 'businessDays'>) {
  return async function summariseProgress(call: Call): Promise<ProgressSummary> {
    const viewer = viewerOf(call)
    const now = clock.now()
    const monday = mondayOf(businessDays.dayOf(now))
    const weeks = Array.from({ length: WEEKS }, (_each, index) => addDays(monday, 7 * (index + 1 - WEEKS)))
    const counts = await countByStatus(db, viewer)
    const { overdue, expiring } = await countUrgent(db, viewer, now)
    const bounds = [...weeks, addDays(monday, 7)].map((day) => businessDays.startOf(day))
    const completed = await countWithin(db, { viewer, column: 'completed_at', bounds })
    const expired = await countWithin(db, { viewer, column: 'expired_at', bounds })
    return {
      by_status: counts,
      total: Object.values(counts).reduce((sum, count) => sum + count, 0),
      overdue,
      expiring_within_a_day: expiring,
      weeks: weeks.map((week, index) => {
        const done = completed[index] ?? 0
        const ended = done + (expired[index] ?? 0)
        return {
          week,
          completed: done,
          expired: expired[index] ?? 0,
          completion_rate: ended === 0 ? null : Math.round((done * 1_000) / ended) / 1_000,
        }
      }),
    }
  }
}

function mondayOf(day: string): string {
  const weekday = new Date(`${day}T00:00:00.000Z`).getUTCDay()
  return addDays(day, -((weekday + 6) % 7))
}

async function countByStatus(db: Kysely<TaskTables>, viewer: Viewer): Promise<ProgressSummary['by_status']> {
  const rows = await visibleTo(db, viewer)
    .where((eb) => eb.or([eb('status', 'not in', OPEN), eb('archived_at', 'is', null)]))
    .select((eb) => ['status', eb.fn.countAll<number>().as('count')])
    .groupBy('status')
    .execute()
  const counts = new Map(rows.map(({ status, count }) => [status, count]))
  const of = (status: TaskStatus): number => counts.get(status) ?? 0
  return {
    open: of('open'),
    in_progress: of('in_progress'),
    done: of('done'),
    cancelled: of('cancelled'),
    expired: of('expired'),
  }
}

async function countUrgent(
  db: Kysely<TaskTables>,
  viewer: Viewer,
  now: Date,
): Promise<{ readonly overdue: number; readonly expiring: number }> {
  const open = visibleTo(db, viewer)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('status', 'in', OPEN)
    .where('archived_at', 'is', null)
  const overdue = await open.where('sort_due_at', '<', now).executeTakeFirstOrThrow()
  const expiring = await open
    .where('expires_at', '<=', new Date(now.getTime() + DAY_MS))
    .executeTakeFirstOrThrow()
  return { overdue: overdue.count, expiring: expiring.count }
}

type Within = {
  readonly viewer: Viewer
  readonly column: 'completed_at' | 'expired_at'
  /** Of one week each, from the one to the next. */
  readonly bounds: readonly Date[]
}

/** How many tasks have this time in each of the stretches between the bounds. */
async function countWithin(
  db: Kysely<TaskTables>,
  { viewer, column, bounds }: Within,
): Promise<readonly number[]> {
  const time = sql.ref<Date>(`tasks.${column}`)
  const [first = new Date(0)] = bounds
  const stretches = bounds.slice(1).map((end, index) => ({ from: bounds[index] ?? first, end }))
  const row = await visibleTo(db, viewer)
    .select(
      stretches.map(({ from, end }, index) =>
        sql<number | null>`sum(case when ${time} >= ${from} and ${time} < ${end} then 1 else 0 end)`.as(
          `week_${index}`,
        ),
      ),
    )
    .where(column, '>=', first)
    .executeTakeFirstOrThrow()
  return stretches.map((_each, index) => row[`week_${index}`] ?? 0)
}
