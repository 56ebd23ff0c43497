import type { Insertable, Kysely, Selectable, Transaction, Updateable } from 'kysely'
import type { WorkProductTable } from './planning-tables.ts'
import type { Totals } from './quantities.ts'
import type { WorkOrderTable, WorkOrderTables } from './table.ts'

export type WorkOrderRow = Selectable<WorkOrderTable>

export async function findWorkOrder(
  db: Kysely<WorkOrderTables>,
  id: string,
): Promise<WorkOrderRow | undefined> {
  return await db.selectFrom('work_orders').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function lockWorkOrder(
  trx: Transaction<WorkOrderTables>,
  id: string,
): Promise<WorkOrderRow | undefined> {
  return await trx.selectFrom('work_orders').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

export async function insertWorkOrder(
  trx: Transaction<WorkOrderTables>,
  row: Insertable<WorkOrderTable>,
): Promise<void> {
  await trx.insertInto('work_orders').values(row).execute()
}

export async function updateWorkOrder(
  trx: Transaction<WorkOrderTables>,
  id: string,
  change: Updateable<WorkOrderTable>,
): Promise<void> {
  await trx.updateTable('work_orders').set(change).where('id', '=', id).execute()
}

/** What the logs of these orders add up to; an order without entries is not among the answers. */
export async function sumOutput(
  db: Kysely<WorkOrderTables>,
  ids: readonly string[],
): Promise<Map<string, Totals>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('production_entries')
    .select((eb) => ['work_order_id', 'kind', eb.fn.sum('quantity').as('total')])
    .where('work_order_id', 'in', ids)
    .groupBy(['work_order_id', 'kind'])
    .execute()
  const sums = new Map<string, { good: number; scrap: number; rework: number }>()
  for (const { work_order_id: id, kind, total } of rows) {
    const sum = sums.get(id) ?? { good: 0, scrap: 0, rework: 0 }
    sums.set(id, sum)
    if (kind === 'good' || kind === 'scrap' || kind === 'rework') sum[kind] = Number(total)
  }
  return sums
}

/** All who work on these orders, in the order in which they were assigned. */
export async function listOperators(
  db: Kysely<WorkOrderTables>,
  ids: readonly string[],
): Promise<Map<string, string[]>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('work_order_operators')
    .select(['work_order_id', 'operator_id'])
    .where('work_order_id', 'in', ids)
    .orderBy('assigned_at')
    .orderBy('operator_id')
    .execute()
  return Map.groupBy(rows, (row) => row.work_order_id)
    .entries()
    .reduce(
      (found, [id, operators]) =>
        found.set(
          id,
          operators.map((each) => each.operator_id),
        ),
      new Map<string, string[]>(),
    )
}

type Assigned = {
  readonly workOrderId: string
  readonly operatorIds: readonly string[]
  readonly now: Date
}

export async function insertOperators(
  trx: Transaction<WorkOrderTables>,
  { workOrderId, operatorIds, now }: Assigned,
): Promise<void> {
  if (operatorIds.length === 0) return
  const rows = operatorIds.map((id) => ({ work_order_id: workOrderId, operator_id: id, assigned_at: now }))
  await trx.insertInto('work_order_operators').values(rows).execute()
}

export async function deleteOperators(
  trx: Transaction<WorkOrderTables>,
  { workOrderId, operatorIds }: Omit<Assigned, 'now'>,
): Promise<void> {
  if (operatorIds.length === 0) return
  await trx
    .deleteFrom('work_order_operators')
    .where('work_order_id', '=', workOrderId)
    .where('operator_id', 'in', operatorIds)
    .execute()
}

/** A product of the shop as far as it is known here, deleted or not. */
export async function findProduct(
  db: Kysely<WorkOrderTables>,
  id: string,
): Promise<Selectable<WorkProductTable> | undefined> {
  return await db
    .selectFrom('work_products')
    .selectAll()
    .where('id', '=', id)
    .where('described_version', '>', 0)
    .executeTakeFirst()
}

export async function hasEntries(db: Kysely<WorkOrderTables>, workOrderId: string): Promise<boolean> {
  const entry = await db
    .selectFrom('production_entries')
    .select('id')
    .where('work_order_id', '=', workOrderId)
    .limit(1)
    .executeTakeFirst()
  return entry !== undefined
}

/** The bill of an order that has made nothing yet. */
export async function deleteBillCopy(trx: Transaction<WorkOrderTables>, workOrderId: string): Promise<void> {
  await trx.deleteFrom('work_order_materials').where('work_order_id', '=', workOrderId).execute()
}
