import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { WorkSessionTable } from './log-tables.ts'
import type { WorkOrderTables } from './table.ts'

/** Why the time of an operator came to rest: the first two by their own hand. */
export const endCauses = [
  'paused',
  'finished',
  'order_held',
  'order_completed',
  'order_cancelled',
  'unassigned',
] as const
export type EndCause = (typeof endCauses)[number]

export type SessionRow = Selectable<WorkSessionTable>

type Ending = {
  readonly workOrderId: string
  /** Without it, of everybody. */
  readonly operatorId?: string
  readonly cause: EndCause
  readonly now: Date
}

/** Ends the time that runs at an order whose row is locked; nothing where none runs. */
export async function endWork(
  trx: Transaction<WorkOrderTables>,
  { workOrderId, operatorId, cause, now }: Ending,
): Promise<void> {
  let running = trx
    .updateTable('work_sessions')
    .set({ ended_at: now, end_cause: cause, open_key: null })
    .where('work_order_id', '=', workOrderId)
    .where('ended_at', 'is', null)
  if (operatorId !== undefined) running = running.where('operator_id', '=', operatorId)
  await running.execute()
}

export function openKey({
  workOrderId,
  operatorId,
}: {
  readonly workOrderId: string
  readonly operatorId: string
}): string {
  return `${operatorId}/${workOrderId}`
}

export async function insertSession(
  trx: Transaction<WorkOrderTables>,
  row: Insertable<WorkSessionTable>,
): Promise<void> {
  await trx.insertInto('work_sessions').values(row).execute()
}

export async function endPause(trx: Transaction<WorkOrderTables>, id: string): Promise<void> {
  await trx.updateTable('work_sessions').set({ end_cause: 'finished' }).where('id', '=', id).execute()
}

/** All stretches of time at an order, of everybody or of one operator, in the order in which they began. */
export async function findSessions(
  db: Kysely<WorkOrderTables>,
  { workOrderId, operatorId }: { readonly workOrderId: string; readonly operatorId?: string },
): Promise<SessionRow[]> {
  let found = db.selectFrom('work_sessions').selectAll().where('work_order_id', '=', workOrderId)
  if (operatorId !== undefined) found = found.where('operator_id', '=', operatorId)
  return await found.orderBy('started_at').orderBy('id').execute()
}

export type RunningRow = SessionRow & { readonly number: string; readonly product_name: string }

/** What an operator is working on now. */
export async function listRunning(
  db: Kysely<WorkOrderTables>,
  operatorId: string,
): Promise<readonly RunningRow[]> {
  return await db
    .selectFrom('work_sessions')
    .innerJoin('work_orders', 'work_orders.id', 'work_sessions.work_order_id')
    .selectAll('work_sessions')
    .select(['work_orders.number', 'work_orders.product_name'])
    .where('work_sessions.operator_id', '=', operatorId)
    .where('work_sessions.ended_at', 'is', null)
    .orderBy('work_sessions.started_at')
    .orderBy('work_sessions.id')
    .execute()
}

type List = {
  readonly workOrderId: string
  readonly operatorId: string | undefined
  readonly request: PageRequest
}

export async function listSessions(
  db: Kysely<WorkOrderTables>,
  { workOrderId, operatorId, request }: List,
): Promise<Page<SessionRow>> {
  let found = db.selectFrom('work_sessions').where('work_order_id', '=', workOrderId)
  if (operatorId !== undefined) found = found.where('operator_id', '=', operatorId)
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'work_sessions.started_at', holds: 'time', descending: true },
    sortValueOf: (row) => row.started_at,
    request,
  })
}
