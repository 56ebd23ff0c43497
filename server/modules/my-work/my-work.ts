import type { Kysely } from 'kysely'
import { actorOf, type Call } from '#platform/call'
import type { Clock } from '#platform/clock'
import { knownWord } from '#platform/database/words'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { workKinds } from './facts.ts'
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

/** One list of what the caller has to see to, over everything that there is. */
export function createMyWork({ db, clock }: Parts) {
  return {
    async listMyWork(call: Call, query: WorkQuery) {
      const { userId, permissions } = actorOf(call)
      const now = clock.now()
      const page = await listWork(db, {
        userId,
        permissions: [...permissions],
        kind: query.kind,
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
