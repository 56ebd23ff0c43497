import type { Transaction } from 'kysely'
import type { Static } from 'typebox'
import { actorOf, type Call, may } from '#platform/call'
import type { TaskRow } from './queries.ts'
import { EVERYBODY } from './record-facts.ts'
import { lockRecord, type RecordRow, viewersOf } from './record-queries.ts'
import type { RecordInput, TaskBody, TaskChange } from './schemas.ts'
import type { TaskTables } from './table.ts'
import { warningOf } from './task-expiry.ts'

/** Who sees every record of a kind; everybody else sees those that name them. */
const SEES_ALL = {
  order: 'transactions:read_any',
  work_order: 'workorders:read',
  ticket: 'tickets:read_any',
  product: 'products:write',
} as const

type Follower = Pick<TaskRow, 'record_kind' | 'record_viewer_id'>

/**
 * Whether a task learns anything of the record that it hangs on. One that its caller may not see is as one that nobody
 * has told of, so that no answer says which it is.
 */
export function isVisible(
  record: RecordRow,
  { record_kind: kind, record_viewer_id: viewer }: Follower,
): boolean {
  if (record.version === 0 || record.kind !== kind) return false
  return viewer === null || viewersOf(record).some((id) => id === viewer || id === EVERYBODY)
}

type End = {
  readonly expiresAt: Date | null
  readonly beforeSeconds: number | null
  readonly now: Date
}

/** The end of a task that follows its record, be it past: such a one expires at once, without a warning. */
export function endAt({ expiresAt, beforeSeconds, now }: End): Partial<TaskRow> {
  const isPast = expiresAt !== null && expiresAt <= now
  return { expires_at: expiresAt, warn_at: isPast ? null : warningOf({ expiresAt, beforeSeconds, now }) }
}

type Naming = {
  readonly call: Call
  readonly body: TaskBody | TaskChange
  /** Null for a new task. */
  readonly row: TaskRow | null
  readonly now: Date
}

/** What a task has of the record that it is to hang on: columns, and a due time in place of the one in the body. */
export type Link = {
  readonly columns: Partial<TaskRow>
  readonly times: { readonly due_at?: string }
}

export async function linkRecord(
  trx: Transaction<TaskTables>,
  { call, body, row, now }: Naming,
): Promise<Link> {
  const { record: wanted } = body
  if (wanted === undefined) return { columns: {}, times: {} }
  if (wanted === null) return { columns: UNLINKED, times: {} }
  const record = await lockRecord(trx, { ...wanted, now })
  const viewerId = may(call, SEES_ALL[wanted.kind]) ? null : actorOf(call).userId
  const isKnown = isVisible(record, { record_kind: wanted.kind, record_viewer_id: viewerId })
  const columns = { ...columnsOf(wanted), record_viewer_id: viewerId }
  if (!isKnown) return { columns, times: {} }
  const deadline = record.due_at
  const label = { record_label: record.label }
  if (wanted.inherits === 'due_at' && deadline !== null)
    return { columns: { ...columns, ...label }, times: { due_at: deadline.toISOString() } }
  if (wanted.inherits !== 'expires_at' || deadline === null)
    return { columns: { ...columns, ...label }, times: {} }
  const { warn_before_seconds: before = row?.warn_before_seconds ?? null } = body
  const end = endAt({ expiresAt: deadline, beforeSeconds: before, now })
  return { columns: { ...columns, ...label, ...end }, times: {} }
}

function columnsOf({ kind, id, inherits, closes_on: closesOn }: Static<typeof RecordInput>) {
  return {
    record_kind: kind,
    record_id: id,
    record_label: null,
    record_inherits: inherits ?? null,
    record_closes_on: closesOn ?? null,
  }
}

const UNLINKED = {
  record_kind: null,
  record_id: null,
  record_label: null,
  record_inherits: null,
  record_closes_on: null,
  record_viewer_id: null,
} as const
