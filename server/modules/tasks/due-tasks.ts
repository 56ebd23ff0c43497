import type { Transaction } from 'kysely'
import type { PlatformTables } from '#platform/database/tables'
import type { DueTimer, RowTimerKind, Settled } from '#platform/timers/timer'
import { type Deadline, timeOfDeadline } from './deadlines.ts'
import { listTaskIds, lockFreeTasks } from './due-queries.ts'
import { atOneMoment, type TaskParts } from './parts.ts'
import type { TaskRow } from './queries.ts'
import type { TaskTables } from './table.ts'

type Due = {
  /** With a clock that stands still. */
  readonly parts: TaskParts
  /** Locked; each is open, and its time has come. */
  readonly rows: readonly TaskRow[]
}

type TaskTimer = {
  readonly kind: Deadline
  readonly alarmOf?: (subject: string) => string
  /** Does what is due for many tasks, with few statements, and answers when each is due again. */
  readonly work: (trx: Transaction<TaskTables>, due: Due) => Promise<readonly Settled[]>
}

/**
 * A kind of timers of tasks. The row of a task decides, never its timer: one that is over, or whose time was moved, is
 * left as it is. Tasks that somebody else is changing come again a moment later.
 */
export function createTaskTimer(givenParts: TaskParts, { work, ...names }: TaskTimer): RowTimerKind {
  const { kind } = names
  return {
    ...names,
    async settle(platform, timers) {
      const trx = platform.withTables<TaskTables>()
      const rows = await lockFreeTasks(trx, timers.map(subjectOf))
      const parts = atOneMoment(givenParts)
      const now = parts.clock.now()
      const [due, moved] = divide(rows, (row) => isPast(timeOfDeadline(kind, row), now))
      return [
        ...(due.length === 0 ? [] : await work(trx, { parts, rows: due })),
        ...moved.map((row) => ({ subject: row.id, again: timeOfDeadline(kind, row) })),
        ...(await settleOrphans(platform, timers, rows)),
      ]
    },
  }
}

/** Those of tasks that are not there at all, and not merely locked, end. */
async function settleOrphans(
  platform: Transaction<PlatformTables>,
  timers: readonly DueTimer[],
  locked: readonly TaskRow[],
): Promise<Settled[]> {
  if (locked.length === timers.length) return []
  const known = new Set([
    ...locked.map(({ id }) => id),
    ...(await listTaskIds(platform.withTables<TaskTables>(), timers.map(subjectOf))),
  ])
  return timers.filter(({ subject }) => !known.has(subject)).map(({ subject }) => ({ subject, again: null }))
}

function subjectOf({ subject }: DueTimer): string {
  return subject
}

function isPast(time: Date | null, now: Date): boolean {
  return time !== null && time <= now
}

function divide<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
