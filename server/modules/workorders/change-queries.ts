import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { HoldTable, WorkOrderChangeTable } from './log-tables.ts'
import type { WorkOrderTables } from './table.ts'

export type HoldRow = Selectable<HoldTable>
export type ChangeRow = Selectable<WorkOrderChangeTable> & {
  readonly actor_name: string | null
  readonly actor_lastname: string | null
  /** Good ones of all time, as of then. */
  readonly produced: number | string
}

export async function insertChange(
  trx: Transaction<WorkOrderTables>,
  row: Insertable<WorkOrderChangeTable>,
): Promise<void> {
  await trx.insertInto('work_order_changes').values(row).execute()
}

export async function insertHold(
  trx: Transaction<WorkOrderTables>,
  row: Insertable<HoldTable>,
): Promise<void> {
  await trx.insertInto('work_order_holds').values(row).execute()
}

/** Ends the hold that lasts, if there is one. */
export async function endHold(
  trx: Transaction<WorkOrderTables>,
  { workOrderId, now }: { readonly workOrderId: string; readonly now: Date },
): Promise<void> {
  await trx
    .updateTable('work_order_holds')
    .set({ ended_at: now })
    .where('work_order_id', '=', workOrderId)
    .where('ended_at', 'is', null)
    .execute()
}

type List = {
  readonly workOrderId: string
  readonly descending: boolean
  readonly request: PageRequest
}

const producedUntil = sql<
  number | string
>`(select coalesce(sum(entry.quantity), 0) from production_entries entry
  where entry.work_order_id = work_order_changes.work_order_id and entry.kind = 'good'
  and entry.created_at <= work_order_changes.created_at)`

/** Every change of status, with the name of who made it, where it is known here. */
export async function listChanges(
  db: Kysely<WorkOrderTables>,
  { workOrderId, descending, request }: List,
): Promise<Page<ChangeRow>> {
  const found = db
    .selectFrom('work_order_changes')
    .where('work_order_changes.work_order_id', '=', workOrderId)
  return await listPage({
    query: found
      .leftJoin('people', 'people.id', 'work_order_changes.actor_id')
      .selectAll('work_order_changes')
      .select(['people.name as actor_name', 'people.lastname as actor_lastname'])
      .select(producedUntil.as('produced')),
    sort: { column: 'work_order_changes.id', holds: 'text', descending },
    sortValueOf: ({ id }) => id,
    request,
  })
}

export async function listHolds(
  db: Kysely<WorkOrderTables>,
  { workOrderId, descending, request }: List,
): Promise<Page<HoldRow>> {
  const found = db.selectFrom('work_order_holds').where('work_order_id', '=', workOrderId)
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'work_order_holds.started_at', holds: 'time', descending },
    sortValueOf: (row) => row.started_at,
    request,
  })
}
