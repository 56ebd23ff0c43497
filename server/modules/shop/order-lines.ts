import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { ShopParts } from './catalogue.ts'
import type { OrderLineRow, OrderRow } from './order-queries.ts'
import type { PricedLine } from './pricing.ts'
import { changeDemand, lockDemands } from './product-demand.ts'
import type { ProductRow } from './product-queries.ts'
import { sellsAhead } from './stock-policy.ts'
import type { ShopTables } from './table.ts'

type Product = Pick<ProductRow, 'id' | 'name' | 'stock' | 'stock_policy'>

/** How many units of a product, by its id, a new order may have at once. */
export type FreeUnits = ReadonlyMap<string, number>

/**
 * What those leave who wait already, for nobody is overtaken. A product that is not sold ahead costs no query: while
 * anybody waits nothing of it is there.
 */
export async function freeUnitsOf(
  trx: Transaction<ShopTables>,
  products: readonly Product[],
): Promise<FreeUnits> {
  const demands = await lockDemands(
    trx,
    products.filter(sellsAhead).map(({ id }) => id),
  )
  const waiting = new Map(demands.map((demand) => [demand.id, demand.waiting]))
  return new Map(products.map(({ id, stock }) => [id, Math.max(0, stock - (waiting.get(id) ?? 0))]))
}

type Placed = {
  readonly order: Pick<OrderRow, 'id' | 'created_at'>
  readonly number: number
  readonly free: FreeUnits
}

/** The line takes what is free, and waits for the rest. */
export function toLineRow(line: PricedLine, { order, number, free }: Placed): OrderLineRow {
  const waiting = Math.max(0, line.quantity - (free.get(line.productId) ?? 0))
  return {
    order_id: order.id,
    line: number,
    product_id: line.productId,
    sku: line.sku,
    name: line.name,
    price_minor: line.priceMinor,
    quantity: line.quantity,
    waiting: waiting === 0 ? null : waiting,
    waiting_since_at: waiting === 0 ? null : order.created_at,
    promised_on: null,
  }
}

/** The units of lines that are taken out of the stock, or that go back into it; lines that have none are left out. */
export function takenOf(lines: readonly OrderLineRow[]): Pick<OrderLineRow, 'product_id' | 'quantity'>[] {
  return lines.flatMap(({ product_id, quantity, waiting }) => {
    const taken = quantity - (waiting ?? 0)
    return taken > 0 ? [{ product_id, quantity: taken }] : []
  })
}

type NewLines = {
  readonly call: Call
  /** Locked. */
  readonly products: readonly Product[]
  readonly lines: readonly OrderLineRow[]
}

/** Counts and announces what the lines of a new order wait for. */
export async function queueUp(
  parts: Pick<ShopParts, 'clock' | 'outbox'>,
  trx: Transaction<ShopTables>,
  { call, products, lines }: NewLines,
): Promise<void> {
  const waiting = new Map(lines.map((line) => [line.product_id, line.waiting ?? 0]))
  for (const product of products)
    await changeDemand(parts, trx, { call, product, waiting: waiting.get(product.id) ?? 0 })
}
