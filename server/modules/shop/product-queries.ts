import { type Insertable, type Kysely, type Selectable, sql, type Transaction, type Updateable } from 'kysely'
import { listPage, type Page, type PageRequest, type Sort } from '#platform/database/pages'
import { like } from '#platform/database/search'
import type { ProductQuery } from './schemas.ts'
import type { StockPolicy } from './stock-policy.ts'
import type { ProductTable, ShopTables, StockEntryTable } from './table.ts'

export type ProductRow = Selectable<ProductTable>

export async function findProduct(db: Kysely<ShopTables>, id: string): Promise<ProductRow | undefined> {
  return await db
    .selectFrom('products')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
}

export async function lockProduct(trx: Transaction<ShopTables>, id: string): Promise<ProductRow | undefined> {
  return await trx
    .selectFrom('products')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
}

/** As they are now, without waiting for those who buy them. */
export async function findProductsOnSale(
  db: Kysely<ShopTables>,
  ids: readonly string[],
): Promise<Pick<ProductRow, 'id' | 'sku' | 'name' | 'price_minor' | 'stock' | 'stock_policy'>[]> {
  return await db
    .selectFrom('products')
    .select(['id', 'sku', 'name', 'price_minor', 'stock', 'stock_policy'])
    .where('id', 'in', ids)
    .where('deleted_at', 'is', null)
    .where('hidden_at', 'is', null)
    .execute()
}

/** Locks in the order of ids, so that two orders with the same products never wait for each other in a ring. */
export async function lockProductsOnSale(
  trx: Transaction<ShopTables>,
  ids: readonly string[],
): Promise<
  Pick<
    ProductRow,
    'id' | 'sku' | 'name' | 'price_minor' | 'stock' | 'low_stock_level' | 'stock_policy' | 'version'
  >[]
> {
  return await trx
    .selectFrom('products')
    .select(['id', 'sku', 'name', 'price_minor', 'stock', 'low_stock_level', 'stock_policy', 'version'])
    .where('id', 'in', ids)
    .where('deleted_at', 'is', null)
    .where('hidden_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute()
}

/** What is there now, without waiting for those who take of it. */
export async function findStock(db: Kysely<ShopTables>, id: string): Promise<number | undefined> {
  const row = await db.selectFrom('products').select('stock').where('id', '=', id).executeTakeFirst()
  return row?.stock
}

/** Also the products that are no longer sold: what was taken from their stock can come back. */
export async function lockStocks(
  trx: Transaction<ShopTables>,
  ids: readonly string[],
): Promise<
  Pick<ProductRow, 'id' | 'sku' | 'name' | 'stock' | 'low_stock_level' | 'stock_policy' | 'version'>[]
> {
  return await trx
    .selectFrom('products')
    .select(['id', 'sku', 'name', 'stock', 'low_stock_level', 'stock_policy', 'version'])
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute()
}

export type StockChange = { readonly productId: string; readonly quantity: number }

/** Adds the (signed) quantities in one statement. The check constraint on `stock` has the last word. */
export async function changeStocks(
  trx: Transaction<ShopTables>,
  changes: readonly StockChange[],
  now: Date,
): Promise<void> {
  // `+ 0` tells PostgreSQL that the parameter is a number.
  const cases = changes.map(({ productId, quantity }) => sql`when ${productId} then ${quantity} + 0`)
  await trx
    .updateTable('products')
    .set({
      stock: sql`stock + case id ${sql.join(cases, sql` `)} end`,
      version: sql`version + 1`,
      updated_at: now,
    })
    .where(
      'id',
      'in',
      changes.map(({ productId }) => productId),
    )
    .execute()
}

export async function insertStockEntries(
  trx: Transaction<ShopTables>,
  entries: readonly Insertable<StockEntryTable>[],
): Promise<void> {
  await trx.insertInto('stock_entries').values(entries).execute()
}

export type ProductFilter = {
  readonly categoryId: string | undefined
  readonly q: string | undefined
  readonly includingHidden: boolean
  readonly minPriceMinor?: number | undefined
  readonly maxPriceMinor?: number | undefined
  readonly inStock?: boolean | undefined
  readonly policy?: StockPolicy | undefined
  /** Undefined with `includingHidden`: both. */
  readonly active?: boolean | undefined
}
type List = {
  readonly filter: ProductFilter
  readonly sort: ProductQuery['sort'] | undefined
  readonly request: PageRequest
}

const COLUMNS = {
  name: { column: 'products.name_key', holds: 'text' },
  price: { column: 'products.price_minor', holds: 'number' },
  created_at: { column: 'products.created_at', holds: 'time' },
  stock: { column: 'products.stock', holds: 'number' },
} as const satisfies Record<string, Omit<Sort, 'descending'>>

const VALUES = {
  name: (row: ProductRow) => row.name_key,
  price: (row: ProductRow) => row.price_minor,
  created_at: (row: ProductRow) => row.created_at,
  stock: (row: ProductRow) => row.stock,
} as const

const ORDERS = {
  name: { by: 'name', descending: false },
  '-name': { by: 'name', descending: true },
  price: { by: 'price', descending: false },
  '-price': { by: 'price', descending: true },
  created_at: { by: 'created_at', descending: false },
  '-created_at': { by: 'created_at', descending: true },
  stock: { by: 'stock', descending: false },
  '-stock': { by: 'stock', descending: true },
} as const

export async function listProducts(
  db: Kysely<ShopTables>,
  { filter, sort, request }: List,
): Promise<Page<ProductRow>> {
  const { by, descending } = ORDERS[sort ?? '-created_at']
  let found = db.selectFrom('products').where('deleted_at', 'is', null)
  if (!filter.includingHidden) found = found.where('hidden_at', 'is', null)
  if (filter.categoryId !== undefined) found = found.where('category_id', '=', filter.categoryId)
  if (filter.q !== undefined) found = found.where(like('search_text', filter.q))
  if (filter.minPriceMinor !== undefined) found = found.where('price_minor', '>=', filter.minPriceMinor)
  if (filter.maxPriceMinor !== undefined) found = found.where('price_minor', '<=', filter.maxPriceMinor)
  if (filter.inStock !== undefined) found = found.where('stock', filter.inStock ? '>' : '=', 0)
  if (filter.policy !== undefined)
    found = found.where(sql<string>`coalesce(products.stock_policy, 'deny')`, '=', filter.policy)
  if (filter.active !== undefined) found = found.where('hidden_at', filter.active ? 'is' : 'is not', null)
  return await listPage({
    query: found.selectAll(),
    sort: { ...COLUMNS[by], descending },
    sortValueOf: VALUES[by],
    request,
  })
}

export async function lockProductsBySku(
  trx: Transaction<ShopTables>,
  skuKeys: readonly string[],
): Promise<ProductRow[]> {
  return await trx
    .selectFrom('products')
    .selectAll()
    .where('sku_key', 'in', skuKeys)
    .orderBy('id')
    .forUpdate()
    .execute()
}

export async function hasProducts(trx: Transaction<ShopTables>, categoryId: string): Promise<boolean> {
  const row = await trx
    .selectFrom('products')
    .select('id')
    .where('category_id', '=', categoryId)
    .where('deleted_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export async function insertProducts(
  trx: Transaction<ShopTables>,
  rows: readonly Insertable<ProductTable>[],
): Promise<void> {
  await trx.insertInto('products').values(rows).execute()
}

export async function updateProduct(
  trx: Transaction<ShopTables>,
  id: string,
  change: Updateable<ProductTable>,
): Promise<void> {
  await trx.updateTable('products').set(change).where('id', '=', id).execute()
}
