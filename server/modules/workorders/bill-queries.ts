import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import { entryKinds, openStatuses } from './lifecycle.ts'
import type { BillTable, MaterialTable, WorkOrderMaterialTable, WorkProductTable } from './planning-tables.ts'
import type { Totals } from './quantities.ts'
import type { WorkOrderTables } from './table.ts'

export type BillRow = Selectable<BillTable>
export type MaterialRow = Selectable<MaterialTable>
export type OrderMaterialRow = Selectable<WorkOrderMaterialTable>
export type ProductRow = Selectable<WorkProductTable>

/** The bill of a product, removed or not. */
export async function findBill(db: Kysely<WorkOrderTables>, productId: string): Promise<BillRow | undefined> {
  return await db.selectFrom('work_bills').selectAll().where('id', '=', productId).executeTakeFirst()
}

export async function lockBill(
  trx: Transaction<WorkOrderTables>,
  productId: string,
): Promise<BillRow | undefined> {
  return await trx
    .selectFrom('work_bills')
    .selectAll()
    .where('id', '=', productId)
    .forUpdate()
    .executeTakeFirst()
}

export async function insertBill(
  trx: Transaction<WorkOrderTables>,
  row: Insertable<BillTable>,
): Promise<void> {
  await trx.insertInto('work_bills').values(row).execute()
}

export async function updateBill(
  trx: Transaction<WorkOrderTables>,
  { id, ...change }: BillRow,
): Promise<void> {
  await trx.updateTable('work_bills').set(change).where('id', '=', id).execute()
}

type BillFilter = { readonly componentId: string | undefined; readonly request: PageRequest }

export async function listBills(
  db: Kysely<WorkOrderTables>,
  { componentId, request }: BillFilter,
): Promise<Page<BillRow>> {
  const standing = db.selectFrom('work_bills').where('deleted_at', 'is', null)
  const found =
    componentId === undefined
      ? standing
      : standing.where('id', 'in', (eb) =>
          eb.selectFrom('work_materials').select('product_id').where('component_id', '=', componentId),
        )
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'work_bills.id', holds: 'text', descending: false },
    sortValueOf: ({ id }) => id,
    request,
  })
}

/** What these products are made of. */
export async function listMaterials(
  db: Kysely<WorkOrderTables>,
  productIds: readonly string[],
): Promise<Map<string, MaterialRow[]>> {
  if (productIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('work_materials')
    .selectAll()
    .where('product_id', 'in', productIds)
    .orderBy('component_id')
    .execute()
  return Map.groupBy(rows, (row) => row.product_id)
}

export async function replaceMaterials(
  trx: Transaction<WorkOrderTables>,
  productId: string,
  rows: readonly MaterialRow[],
): Promise<void> {
  await trx.deleteFrom('work_materials').where('product_id', '=', productId).execute()
  if (rows.length > 0) await trx.insertInto('work_materials').values(rows).execute()
}

/** Locks what is known of these products, in the order of their ids. */
export async function lockProducts(
  trx: Transaction<WorkOrderTables>,
  ids: readonly string[],
): Promise<Map<string, ProductRow>> {
  const rows = await trx
    .selectFrom('work_products')
    .selectAll()
    .where('id', 'in', ids)
    .where('described_version', '>', 0)
    .orderBy('id')
    .forUpdate()
    .execute()
  return new Map(rows.map((row) => [row.id, row]))
}

/** What is known of these products, removed or not. */
export async function findProducts(
  db: Kysely<WorkOrderTables>,
  ids: readonly string[],
): Promise<Map<string, ProductRow>> {
  if (ids.length === 0) return new Map()
  const rows = await db.selectFrom('work_products').selectAll().where('id', 'in', ids).execute()
  return new Map(rows.map((row) => [row.id, row]))
}

/** The bill of an order as it was when it was made. */
export async function listOrderMaterials(
  db: Kysely<WorkOrderTables>,
  workOrderId: string,
): Promise<OrderMaterialRow[]> {
  return await db
    .selectFrom('work_order_materials')
    .selectAll()
    .where('work_order_id', '=', workOrderId)
    .orderBy('component_id')
    .execute()
}

type OpenMaterial = OrderMaterialRow & { readonly ordered: number; readonly totals: Totals }

/** The bills of all open orders, with how many each order is to make and has made. */
export async function listOpenMaterials(db: Kysely<WorkOrderTables>): Promise<OpenMaterial[]> {
  const rows = await db
    .selectFrom('work_order_materials')
    .innerJoin('work_orders', 'work_orders.id', 'work_order_materials.work_order_id')
    .selectAll('work_order_materials')
    .select((eb) => [
      'work_orders.quantity as ordered',
      ...entryKinds.map((kind) =>
        eb
          .selectFrom('production_entries')
          .select(({ fn }) => fn.sum('production_entries.quantity').as('total'))
          .whereRef('production_entries.work_order_id', '=', 'work_orders.id')
          .where('production_entries.kind', '=', kind)
          .as(kind),
      ),
    ])
    .where('work_orders.status', 'in', openStatuses)
    .execute()
  return rows.map(({ good, scrap, rework, ...line }) => ({
    ...line,
    totals: { good: Number(good), scrap: Number(scrap), rework: Number(rework) },
  }))
}

export async function setConsumed(
  trx: Transaction<WorkOrderTables>,
  { work_order_id: workOrderId, component_id: componentId, consumed }: OrderMaterialRow,
): Promise<void> {
  await trx
    .updateTable('work_order_materials')
    .set({ consumed })
    .where('work_order_id', '=', workOrderId)
    .where('component_id', '=', componentId)
    .execute()
}
