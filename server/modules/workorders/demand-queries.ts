import { type Selectable, sql, type Transaction } from 'kysely'
import { engineOf } from '#platform/database/engine'
import type { DemandTable } from './planning-tables.ts'
import type { WorkOrderRow } from './queries.ts'
import type { WorkOrderTables } from './table.ts'

export type DemandRow = Selectable<DemandTable>

/** Locks the demand of a product, which is there from the first time that somebody asks for it. */
export async function lockDemandRow(
  trx: Transaction<WorkOrderTables>,
  productId: string,
): Promise<DemandRow> {
  const known = await find(trx, productId)
  if (known !== undefined) return known
  await insertNone(trx, productId)
  const made = await find(trx, productId)
  if (made === undefined) throw new TypeError(`the demand of ${productId} is gone that was just written`)
  return made
}

async function find(trx: Transaction<WorkOrderTables>, productId: string): Promise<DemandRow | undefined> {
  return await trx
    .selectFrom('work_demands')
    .selectAll()
    .where('product_id', '=', productId)
    .forUpdate()
    .executeTakeFirst()
}

async function insertNone(trx: Transaction<WorkOrderTables>, productId: string): Promise<void> {
  const otherwise =
    engineOf(trx) === 'mysql'
      ? sql`on duplicate key update product_id = product_id`
      : sql`on conflict (product_id) do nothing`
  await sql`insert into work_demands (product_id, product_name, waiting, received, produced, version)
    values (${productId}, '', 0, 0, 0, 0) ${otherwise}`.execute(trx)
}

export async function updateDemand(
  trx: Transaction<WorkOrderTables>,
  productId: string,
  change: Partial<DemandRow>,
): Promise<void> {
  await trx.updateTable('work_demands').set(change).where('product_id', '=', productId).execute()
}

/** The one open order that is made for the orders that wait for a product. */
export async function lockDemandOrder(
  trx: Transaction<WorkOrderTables>,
  productId: string,
): Promise<WorkOrderRow | undefined> {
  return await trx
    .selectFrom('work_orders')
    .selectAll()
    .where('demand_key', '=', productId)
    .forUpdate()
    .executeTakeFirst()
}
