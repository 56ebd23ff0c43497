import { type Kysely, sql } from 'kysely'
import type { OrderStatus } from './lifecycle.ts'
import type { ShopTables } from './table.ts'

/** What counts as sold: all that was paid, or goes out to be paid on delivery, and was not called off. */
const SOLD: readonly OrderStatus[] = ['paid', 'processing', 'shipped', 'completed']

type Days = { readonly from: string; readonly to: string }

function soldLines(db: Kysely<ShopTables>, { from, to }: Days) {
  return db
    .selectFrom('orders')
    .innerJoin('order_lines', 'order_lines.order_id', 'orders.id')
    .where('orders.status', 'in', SOLD)
    .where('orders.business_day', '>=', from)
    .where('orders.business_day', '<=', to)
}

const orders = sql<number>`count(distinct orders.id)`.as('orders')
const quantity = sql<number>`coalesce(sum(order_lines.quantity), 0)`.as('quantity')
/** Not in integers: a sum that is too large for an exact one is shown about right, and is no error on any engine. */
const revenue = sql<number>`coalesce(sum(order_lines.price_minor * 1.0 * order_lines.quantity), 0)`.as(
  'revenue',
)

export async function sumSales(db: Kysely<ShopTables>, days: Days) {
  return await soldLines(db, days).select([orders, quantity, revenue]).executeTakeFirstOrThrow()
}

/** Only the days on which something was sold. */
export async function listSalesByDay(db: Kysely<ShopTables>, days: Days) {
  return await soldLines(db, days)
    .select(['orders.business_day as day', orders, quantity, revenue])
    .groupBy('orders.business_day')
    .execute()
}

/** Under the name that the product has now, also when it is no longer sold; the most revenue first. */
export async function listSalesByProduct(db: Kysely<ShopTables>, days: Days) {
  return await soldLines(db, days)
    .innerJoin('products', 'products.id', 'order_lines.product_id')
    .select(['products.id as product_id', 'products.sku', 'products.name', orders, quantity, revenue])
    .groupBy(['products.id', 'products.sku', 'products.name'])
    .orderBy('revenue', 'desc')
    .orderBy('products.id')
    .execute()
}

/** By the category that the product is in now; the most revenue first. */
export async function listSalesByCategory(db: Kysely<ShopTables>, days: Days) {
  return await soldLines(db, days)
    .innerJoin('products', 'products.id', 'order_lines.product_id')
    .innerJoin('categories', 'categories.id', 'products.category_id')
    .select(['categories.id as category_id', 'categories.name', orders, quantity, revenue])
    .groupBy(['categories.id', 'categories.name'])
    .orderBy('revenue', 'desc')
    .orderBy('categories.id')
    .execute()
}
