import { type Evidence, type LogRow, rowsOf } from './evidence.ts'
import { each, type Violation } from './violation.ts'

/** A task may be open for so long after its end. */
const LATE_MS = 1_000

type OpenTask = { readonly id: string; readonly expires_at: Date }
type Told = {
  readonly type: string
  readonly status: string
  readonly expiresAt: string | null
  readonly expiredAt: string | null
}

/**
 * No open task was past its end when the last thing happened, and every task has one `task.expired` for each time that
 * it came to its end: while it was open, and not before the time.
 */
export async function checkTasks({ db, tables, log, isSettled }: Evidence): Promise<Violation[]> {
  if (!tables.has('tasks')) return []
  const lastAt = Math.max(0, ...log.map(({ occurred_at: at }) => at.getTime()))
  const open = await rowsOf<OpenTask>(
    db,
    `select id, expires_at from tasks where status in ('open', 'in_progress') and expires_at is not null`,
  )
  const overdue = open.filter(({ expires_at: end }) => end.getTime() + LATE_MS < lastAt)
  const told = Map.groupBy(
    log.filter(({ subject }) => subject.startsWith('task/')),
    ({ subject }) => subject,
  )
  return [
    ...each(
      'I7',
      isSettled ? overdue.map(({ id }) => id) : [],
      (id) => `the task ${id} is open past its end`,
    ),
    ...each(
      'I7',
      [...told].flatMap(([subject, events]) => wrongEnds(subject, events)),
      (what) => what,
    ),
  ]
}

function wrongEnds(subject: string, events: readonly LogRow[]): string[] {
  const story = events.toSorted((a, b) => a.record_version - b.record_version).map(readEvent)
  return story.flatMap((event, index) => {
    const before = story[index - 1]?.status ?? 'nothing'
    if (event.type !== 'task.expired')
      return event.status === 'expired' && before !== 'expired'
        ? [`${subject} expired and did not say so`]
        : []
    if (before !== 'open' && before !== 'in_progress') return [`${subject} expired when it was ${before}`]
    const [end, endedAt] = [Date.parse(event.expiresAt ?? ''), Date.parse(event.expiredAt ?? '')]
    return endedAt >= end ? [] : [`${subject} expired before its end`]
  })
}

function readEvent({ type, data }: LogRow): Told {
  const task = JSON.parse(data)
  return { type, status: task.status, expiresAt: task.expires_at, expiredAt: task.expired_at }
}
