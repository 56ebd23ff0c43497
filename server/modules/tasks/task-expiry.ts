import { invalidField } from '#platform/errors'
import type { TaskRow } from './queries.ts'
import { statusOf } from './views.ts'

/** The rules of the end of a task (T3), without a database. */

const HOUR_MS = 3_600_000
/** The last moment that can be named as well: what follows from it must be told in events, and kept by every engine. */
const LAST_END = new Date('2099-12-31T23:59:59.999Z')

type Warning = {
  readonly expiresAt: Date | null
  readonly beforeSeconds: number | null
  readonly now: Date
}

/** When the warning goes out: an hour or a tenth of the time ahead, whichever is less, or as long before as is said. */
export function warningOf({ expiresAt, beforeSeconds, now }: Warning): Date | null {
  if (expiresAt === null) return null
  const leftMs = Math.max(0, expiresAt.getTime() - now.getTime())
  const aheadMs = beforeSeconds === null ? Math.min(HOUR_MS, leftMs / 10) : beforeSeconds * 1_000
  return new Date(Math.max(now.getTime(), Math.floor(expiresAt.getTime() - aheadMs)))
}

type End = {
  /** Null for a new task. */
  readonly row: Pick<TaskRow, 'expires_at' | 'warn_before_seconds' | 'warn_at'> | null
  readonly expiresAt: Date | null
  /** Absent to leave it as it is, null for what is usual. */
  readonly beforeSeconds?: number | null | undefined
  readonly now: Date
}

/** The columns of an end. A new one lies ahead, and is warned of anew; one that stays has its one warning. */
export function expiryAt({ row, expiresAt, beforeSeconds, now }: End): Partial<TaskRow> {
  const present = row?.expires_at ?? null
  const isMoved = expiresAt?.getTime() !== present?.getTime()
  if (isMoved && expiresAt !== null && expiresAt <= now) throw notAhead()
  const isAsBefore = beforeSeconds === undefined || beforeSeconds === row?.warn_before_seconds
  const before = beforeSeconds === undefined ? (row?.warn_before_seconds ?? null) : beforeSeconds
  const columns = { expires_at: expiresAt, warn_before_seconds: before }
  if (row !== null && !isMoved && (isAsBefore || row.warn_at === null)) return columns
  return { ...columns, warn_at: warningOf({ expiresAt, beforeSeconds: before, now }) }
}

/** Refuses an end that comes after all that can be named; `pointer` is what it was reckoned from. */
export function refuseFarEnd(expiresAt: Date | null, pointer: string): void {
  if (expiresAt === null || expiresAt <= LAST_END) return
  throw invalidField({
    pointer,
    code: 'invalid',
    text: { en: 'leads beyond the year 2099', id: 'melewati tahun 2099' },
  })
}

/** The same, where nobody is there to be told: the task ends with the last moment. */
export function notAfterLastEnd(expiresAt: Date | null): Date | null {
  return expiresAt !== null && expiresAt > LAST_END ? LAST_END : expiresAt
}

/** What changes about a task that has expired when it is given more time; nothing about any other. */
export function revivalOf(row: TaskRow): Partial<TaskRow> {
  if (statusOf(row) !== 'expired') return {}
  return {
    status: row.started_at === null ? 'open' : 'in_progress',
    expired_at: null,
    archived_at: null,
  }
}

export function hasEnded({ expires_at: expiresAt }: Pick<TaskRow, 'expires_at'>, now: Date): boolean {
  return expiresAt !== null && expiresAt <= now
}

type Removal = Pick<TaskRow, 'on_expire' | 'expires_at' | 'record_id' | 'record_inherits'>

/** Whether a change has a task removed that was to stay, or sooner than it was to go. */
export function isRemovedSooner(before: Removal, after: Removal): boolean {
  if (after.on_expire !== 'delete') return false
  const isAsBefore = before.record_inherits === 'expires_at' && before.record_id === after.record_id
  // Nobody knows where the record moves the end.
  if (before.on_expire !== 'delete' || (after.record_inherits === 'expires_at' && !isAsBefore)) return true
  return after.expires_at !== null && (before.expires_at === null || after.expires_at < before.expires_at)
}

function notAhead() {
  return invalidField({
    pointer: '/expires_at',
    code: 'invalid',
    text: { en: 'must be later than now', id: 'harus setelah saat ini' },
  })
}
