import type { Transaction } from 'kysely'
import { isOpen } from './lifecycle.ts'
import type { TaskParts } from './parts.ts'
import type { TaskRow } from './queries.ts'
import type { TaskTables } from './table.ts'
import { remindersOf, statusOf } from './views.ts'

/** The kinds of timers of a task; the subject of each is the task. */
export const EXPIRY = 'task.expiry'
export const WARNING = 'task.warning'
export const REMINDER = 'task.reminder'

type Times = Pick<
  TaskRow,
  'id' | 'status' | 'due_at' | 'expires_at' | 'warn_at' | 'reminders' | 'archived_at'
>

const DEADLINES = {
  [EXPIRY]: (row: Times) => row.expires_at,
  [WARNING]: (row: Times) => row.warn_at,
  [REMINDER]: nextReminder,
} as const

export type Deadline = keyof typeof DEADLINES

/** When it is due; null for a task that is over, or has no such time. */
export function timeOfDeadline(kind: Deadline, row: Times): Date | null {
  return timeWhileOpen(row, DEADLINES[kind])
}

/** Takes away the timers of tasks that end, as their rows were before, but for those that the sweep ends itself. */
export async function dropDeadlines(
  { timers }: Pick<TaskParts, 'timers'>,
  trx: Transaction<TaskTables>,
  { rows, ended }: { readonly rows: readonly Times[]; readonly ended: Deadline },
): Promise<void> {
  const left = ([EXPIRY, WARNING, REMINDER] as const)
    .filter((kind) => kind !== ended)
    .flatMap((kind) =>
      rows.filter((row) => timeOfDeadline(kind, row) !== null).map((row) => ({ kind, subject: row.id })),
    )
  if (left.length > 0) await timers.cancel(trx, ...left)
}

/** Sets the timers of a task as its row says now, and takes away those of one that is over. `before` is null for a new one. */
export async function keepDeadlines(
  { timers }: Pick<TaskParts, 'timers'>,
  trx: Transaction<TaskTables>,
  { before, after }: { readonly before: Times | null; readonly after: Times | null },
): Promise<void> {
  for (const [kind, timeOf] of Object.entries(DEADLINES)) {
    const was = before === null ? null : timeWhileOpen(before, timeOf)
    const is = after === null ? null : timeWhileOpen(after, timeOf)
    if (was?.getTime() === is?.getTime()) continue
    const subject = after?.id ?? before?.id ?? ''
    if (is === null) await timers.cancel(trx, { kind, subject })
    else await timers.schedule(trx, { kind, subject, dueAt: is })
  }
}

function timeWhileOpen(row: Times, timeOf: (row: Times) => Date | null): Date | null {
  return isOpen(statusOf(row)) ? timeOf(row) : null
}

/** When the next reminder of those that have not gone out is due. */
function nextReminder(row: Times): Date | null {
  const times = remindersOf(row)
    .filter(({ sent }) => !sent)
    .map((reminder) => timeOfReminder(row, reminder)?.getTime())
    .filter((time) => time !== undefined)
  return times.length === 0 ? null : new Date(Math.min(...times))
}

/** Null for one before a due time that is not there. */
export function timeOfReminder(
  { due_at: dueAt }: Pick<TaskRow, 'due_at'>,
  {
    at,
    before_due_seconds: seconds,
  }: { readonly at: string | null; readonly before_due_seconds: number | null },
): Date | null {
  if (at !== null) return new Date(at)
  return dueAt === null || seconds === null ? null : new Date(dueAt.getTime() - seconds * 1_000)
}
