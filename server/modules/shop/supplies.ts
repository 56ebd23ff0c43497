import type { Kysely, Selectable, Transaction } from 'kysely'
import { upsertNewer } from '#platform/database/upsert'
import type { ProductSupplyTable } from './supply-tables.ts'
import type { ShopTables } from './table.ts'

export type SupplyRow = Selectable<ProductSupplyTable>

/** What still brings units; on hold it will, though nobody knows when. */
const OPEN = ['pending', 'in_progress', 'on_hold']

/** Which product a work order was last known to make. */
export async function findSuppliedProduct(
  trx: Transaction<ShopTables>,
  workOrderId: string,
): Promise<string | undefined> {
  const row = await trx
    .selectFrom('product_supplies')
    .select('product_id')
    .where('id', '=', workOrderId)
    .executeTakeFirst()
  return row?.product_id
}

/** Keeps what was told, unless something later was told before. */
export async function keepSupply(trx: Transaction<ShopTables>, row: SupplyRow): Promise<void> {
  await upsertNewer(trx, 'product_supplies', row)
}

/** The work orders that are still to bring something of these products, those that are expected first at the front. */
export async function listOpenSupplies(
  db: Kysely<ShopTables>,
  productIds: readonly string[],
): Promise<SupplyRow[]> {
  if (productIds.length === 0) return []
  const rows = await db
    .selectFrom('product_supplies')
    .selectAll()
    .where('product_id', 'in', productIds)
    .where('status', 'in', OPEN)
    .execute()
  return rows
    .filter(({ quantity, good }) => good < quantity)
    .toSorted((a, b) => whenExpected(a) - whenExpected(b) || (a.number < b.number ? -1 : 1))
}

function whenExpected({ expected_at: expectedAt }: SupplyRow): number {
  return expectedAt?.getTime() ?? Number.POSITIVE_INFINITY
}
