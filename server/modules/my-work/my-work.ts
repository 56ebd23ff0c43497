import type { Kysely } from 'kysely'
import { actorOf, type Call, may } from '#platform/call'
import type { Clock } from '#platform/clock'
import { knownWord } from '#platform/database/words'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { type WorkKind, workKinds } from './facts.ts'
import { listWork, type WorkItemRow } from './queries.ts'
import type { WorkItem, WorkQuery } from './schemas.ts'
import type { MyWorkTables } from './table.ts'

type Parts = { readonly db: Kysely<MyWorkTables>; readonly clock: Clock }

const PATHS = {
  task: 'tasks',
  ticket: 'tickets',
  work_order: 'workorders',
  order: 'transactions',
  payment: 'payments',
} as const

/** Who reads a record where it is kept; a token that may not do so there does not do so here. */
const READERS: Readonly<Record<WorkKind, string>> = {
  task: 'tasks:read',
  ticket: 'tickets:read',
  work_order: 'workorders:read',
  order: 'transactions:read',
  payment: 'transactions:confirm',
}

/** One list of what the caller has to see to, over everything that there is. */
export function createMyWork({ db, clock }: Parts) {
  return {
    async listMyWork(call: Call, query: WorkQuery) {
      const { userId, permissions } = actorOf(call)
      const now = clock.now()
      const page = await listWork(db, {
        userId,
        permissions: [...permissions],
        kinds: workKinds.filter((kind) => may(call, READERS[kind]) && (query.kind ?? kind) === kind),
        dueBefore: query.due_before === undefined ? undefined : new Date(query.due_before),
        request: toPageRequest(query),
      })
      return presentPage(page, (row) => toItem(row, now))
    },
  }
}

function toItem(row: WorkItemRow, now: Date): WorkItem {
  const kind = knownWord(workKinds, row.kind, `the work item ${row.id}`)
  return {
    kind,
    id: row.id,
    number: row.number,
    title: row.title,
    status: row.status,
    priority: row.priority,
    due_at: row.due_at?.toISOString() ?? null,
    overdue: row.due_at !== null && row.due_at < now,
    shared: row.permission !== null,
    url: `/api/v1/${PATHS[kind]}/${row.id}`,
    updated_at: row.updated_at.toISOString(),
  }
}
