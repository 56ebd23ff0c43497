import type { ExpressionBuilder, Kysely, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest, type Sort } from '#platform/database/pages'
import { fold, like } from '#platform/database/search'
import type { TaskStatus } from './lifecycle.ts'
import type { TaskRow } from './queries.ts'
import type { taskSorts } from './schemas.ts'
import type { TaskTables } from './table.ts'

/** The one who sees what is theirs or assigned to them; null for somebody who sees all. */
export type Viewer = string | null

type Wanted = { readonly id: string; readonly viewer: Viewer }

export async function findVisibleTask(
  db: Kysely<TaskTables>,
  { id, viewer }: Wanted,
): Promise<TaskRow | undefined> {
  return await visibleTo(db, viewer).selectAll('tasks').where('tasks.id', '=', id).executeTakeFirst()
}

export async function lockVisibleTask(
  trx: Transaction<TaskTables>,
  { id, viewer }: Wanted,
): Promise<TaskRow | undefined> {
  return await visibleTo(trx, viewer)
    .selectAll('tasks')
    .where('tasks.id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}

/** Also those that are hidden from the lists. */
export function visibleTo(db: Kysely<TaskTables>, viewer: Viewer) {
  const all = db.selectFrom('tasks')
  return viewer === null ? all : all.where((eb) => isOf(eb, viewer))
}

function isOf(eb: ExpressionBuilder<TaskTables, 'tasks'>, userId: string) {
  return eb.or([eb('owner_id', '=', userId), eb('assignee_id', '=', userId)])
}

export type TaskFilter = {
  readonly status: TaskStatus | undefined
  readonly label: string | undefined
  readonly ownerId: string | undefined
  /** Null for those that are nobody's. */
  readonly assigneeId: string | null | undefined
  readonly priority: number | undefined
  readonly dueBefore: Date | undefined
  readonly dueAfter: Date | undefined
  readonly expiresBefore: Date | undefined
  /** Whether those that are open are past their due time at this moment. */
  readonly overdue: { readonly is: boolean; readonly now: Date } | undefined
  readonly isArchived: boolean
  readonly seriesId: string | undefined
  readonly recordId: string | undefined
  readonly q: string | undefined
}

const SORTS = {
  created_at: { column: 'created_at', holds: 'time', descending: false },
  '-created_at': { column: 'created_at', holds: 'time', descending: true },
  updated_at: { column: 'updated_at', holds: 'time', descending: false },
  '-updated_at': { column: 'updated_at', holds: 'time', descending: true },
  due_at: { column: 'sort_due_at', holds: 'time', descending: false },
  '-due_at': { column: 'sort_due_at', holds: 'time', descending: true },
  priority: { column: 'priority', holds: 'number', descending: false },
  '-priority': { column: 'priority', holds: 'number', descending: true },
} as const

type List = {
  readonly viewer: Viewer
  readonly filter: TaskFilter
  readonly sort: (typeof taskSorts)[number]
  readonly request: PageRequest
}

export async function listTasks(
  db: Kysely<TaskTables>,
  { viewer, filter, sort, request }: List,
): Promise<Page<TaskRow>> {
  const { column, holds, descending } = SORTS[sort]
  const found = filtered(db, viewer, filter)
  const order: Sort = { column: `tasks.${column}`, holds, descending }
  return await listPage({
    query: found.selectAll('tasks'),
    sort: order,
    sortValueOf: (row) => row[column],
    request,
  })
}

function filtered(db: Kysely<TaskTables>, viewer: Viewer, filter: TaskFilter) {
  const { status, ownerId, assigneeId, priority, dueBefore, dueAfter, expiresBefore, overdue } = filter
  const { label, seriesId, recordId, q } = filter
  let found = visibleTo(db, viewer).where('archived_at', filter.isArchived ? 'is not' : 'is', null)
  if (status !== undefined) found = found.where('status', '=', status)
  if (ownerId !== undefined) found = found.where('owner_id', '=', ownerId)
  if (assigneeId === null) found = found.where('assignee_id', 'is', null)
  else if (assigneeId !== undefined) found = found.where('assignee_id', '=', assigneeId)
  if (priority !== undefined) found = found.where('priority', '=', priority)
  if (dueBefore !== undefined) found = found.where('due_at', '<', dueBefore)
  if (dueAfter !== undefined) found = found.where('due_at', '>=', dueAfter)
  if (expiresBefore !== undefined) found = found.where('expires_at', '<', expiresBefore)
  if (overdue !== undefined) found = found.where((eb) => isOverdue(eb, overdue))
  if (seriesId !== undefined) found = found.where('series_id', '=', seriesId)
  if (recordId !== undefined) found = found.where('record_id', '=', recordId)
  if (q !== undefined) found = found.where(like('tasks.search_text', q))
  if (label !== undefined)
    found = found.where('tasks.id', 'in', (eb) =>
      eb.selectFrom('task_labels').select('task_id').where('label', '=', fold(label, 60)),
    )
  return found
}

function isOverdue(
  eb: ExpressionBuilder<TaskTables, 'tasks'>,
  { is, now }: NonNullable<TaskFilter['overdue']>,
) {
  const late = eb.and([eb('status', 'in', ['open', 'in_progress']), eb('sort_due_at', '<', now)])
  return is ? late : eb.not(late)
}
