import type { Kysely, Selectable, Transaction } from 'kysely'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import type { StockEntryQuery } from './stock-schemas.ts'
import type { ShopTables, StockEntryTable } from './table.ts'

export type StockEntryRow = Selectable<StockEntryTable>

/** Also of a product that was deleted: its ledger stays. */
export async function wasProductEver(db: Kysely<ShopTables>, id: string): Promise<boolean> {
  const row = await db.selectFrom('products').select('id').where('id', '=', id).executeTakeFirst()
  return row !== undefined
}

/** The units of a product that a work order has brought in all, below zero where it has used up more. */
export async function sumProduction(
  trx: Transaction<ShopTables>,
  { productId, workOrderId }: { readonly productId: string; readonly workOrderId: string },
): Promise<number> {
  const { sum } = await trx
    .selectFrom('stock_entries')
    .select((eb) => eb.fn.sum<number | string | null>('quantity').as('sum'))
    .where('product_id', '=', productId)
    .where('work_order_id', '=', workOrderId)
    .executeTakeFirstOrThrow()
  return Number(sum ?? 0)
}

type List = {
  readonly productId: string
  readonly kind: StockEntryQuery['kind']
  readonly since: Date | undefined
  readonly before: Date | undefined
  readonly sort: StockEntryQuery['sort']
  readonly request: PageRequest
}

export async function listStockEntries(
  db: Kysely<ShopTables>,
  { productId, kind, since, before, sort, request }: List,
): Promise<Page<StockEntryRow>> {
  let found = db.selectFrom('stock_entries').where('product_id', '=', productId)
  if (kind !== undefined) found = found.where('kind', '=', kind)
  if (since !== undefined) found = found.where('created_at', '>=', since)
  if (before !== undefined) found = found.where('created_at', '<', before)
  return await listPage({
    query: found.selectAll(),
    sort: { column: 'stock_entries.created_at', holds: 'time', descending: sort !== 'created_at' },
    sortValueOf: (row) => row.created_at,
    request,
  })
}
