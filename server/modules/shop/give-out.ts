import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { NewEvent } from '#platform/events/outbox'
import type { ShopParts } from './catalogue.ts'
import { stockChanged } from './events.ts'
import { orderChanged } from './order-events.ts'
import { listLines, type OrderRow } from './order-queries.ts'
import { statusOf, toOrder } from './order-views.ts'
import { insertStockEntries, type ProductRow, updateProduct } from './product-queries.ts'
import type { ShopTables } from './table.ts'
import {
  fillLines,
  linesFor,
  listWaitingForSkus,
  listWaitingForThose,
  listWaitingLines,
  lockOrders,
  touchOrders,
  type WaitingLine,
} from './waiting-lines.ts'

/** How many lines are filled with one statement of each kind. */
const AT_ONCE = 500

/** Orders that are locked, by id, each as it is now: who gives one of them something keeps its version up to date. */
export type Queue = Map<string, OrderRow>

/** Locks those who would get so many units of a product, before the product itself is locked. */
export async function lockQueue(
  trx: Transaction<ShopTables>,
  { productId, units }: { readonly productId: string; readonly units: number },
): Promise<Queue> {
  if (units <= 0) return new Map()
  const lines = await listWaitingLines(trx, productId, Math.min(units, AT_ONCE))
  return toQueue(await lockOrders(trx, linesFor(units, lines)))
}

/** Locks an order together with those who would get what it gives back. */
export async function lockWithQueue(trx: Transaction<ShopTables>, orderId: string): Promise<Queue> {
  const lines = await listWaitingForThose(trx, { orderId, limit: AT_ONCE })
  return toQueue(await lockOrders(trx, [{ order_id: orderId }, ...lines]))
}

/** Locks those who would get something of the products of these SKUs, folded. */
export async function lockQueueOfSkus(
  trx: Transaction<ShopTables>,
  skuKeys: readonly string[],
): Promise<Queue> {
  return toQueue(await lockOrders(trx, await listWaitingForSkus(trx, { skuKeys, limit: AT_ONCE })))
}

function toQueue(orders: readonly OrderRow[]): Queue {
  return new Map(orders.map((order) => [order.id, order]))
}

type Stock = Pick<ProductRow, 'id' | 'stock' | 'version'>
type Given = { readonly line: WaitingLine; readonly quantity: number }

type GiveOut<Product> = {
  readonly call: Call
  /** Locked, and as it is in the database. */
  readonly product: Product
  /** What was locked for it before the product was. */
  readonly queue: Queue
  readonly now: Date
}

type GivenOut<Product> = { readonly product: Product; readonly filled: number }

/**
 * Gives what is in the stock of a product to those who have waited longest, until nobody waits or nothing is left.
 * Answers how the product is afterwards, and how many units were given; to tell of the demand and of a stock that is
 * low is the caller's. Who came to wait after the queue was looked at is locked here, after the product: a deadlock
 * that this may lead to has the transaction run again.
 */
export async function giveOut<Product extends Stock>(
  parts: Pick<ShopParts, 'ids' | 'outbox'>,
  trx: Transaction<ShopTables>,
  { product, queue, ...rest }: GiveOut<Product>,
): Promise<GivenOut<Product>> {
  let [left, filled] = [product, 0]
  while (left.stock > 0) {
    const lines = linesFor(left.stock, await listWaitingLines(trx, left.id, AT_ONCE))
    if (lines.length === 0) break
    for (const order of await lockOrders(
      trx,
      lines.filter((line) => !queue.has(line.order_id)),
    ))
      queue.set(order.id, order)
    const before = left.stock
    left = await fill(parts, trx, { ...rest, product: left, given: share(before, lines), queue })
    filled += before - left.stock
  }
  return { product: left, filled }
}

function share(units: number, lines: readonly WaitingLine[]): Given[] {
  let left = units
  return lines.map((line) => {
    const quantity = Math.min(left, line.waiting)
    left -= quantity
    return { line, quantity }
  })
}

type Fill<Product> = GiveOut<Product> & { readonly given: readonly Given[] }

async function fill<Product extends Stock>(
  { ids, outbox }: Pick<ShopParts, 'ids' | 'outbox'>,
  trx: Transaction<ShopTables>,
  { call, product, queue, now, given }: Fill<Product>,
): Promise<Product> {
  let after = product
  const moves = given.map(({ line, quantity }) => {
    after = { ...after, stock: after.stock - quantity, version: after.version + 1, updated_at: now }
    return { orderId: line.order_id, quantity: -quantity, after }
  })
  const orderIds = given.map(({ line }) => line.order_id)
  await updateProduct(trx, product.id, { stock: after.stock, version: after.version, updated_at: now })
  await insertStockEntries(
    trx,
    moves.map(({ orderId, quantity, after: { stock } }) => ({
      id: ids.next(),
      product_id: product.id,
      kind: 'sale',
      quantity,
      balance: stock,
      order_id: orderId,
      actor_id: call.actor?.userId ?? null,
      created_at: now,
    })),
  )
  await fillLines(trx, given)
  await touchOrders(trx, orderIds, now)
  const linesOf = Map.groupBy(await listLines(trx, orderIds), (line) => line.order_id)
  const orders = orderIds.flatMap((id): NewEvent[] => {
    const before = queue.get(id)
    if (before === undefined) return []
    const row = { ...before, version: before.version + 1, updated_at: now }
    queue.set(id, row)
    return [orderChanged(toOrder(row, linesOf.get(id) ?? []), statusOf(row))]
  })
  const stocks = moves.map(({ orderId, quantity, after: { id, stock, version } }) =>
    stockChanged({ productId: id, version, stock, quantity, kind: 'sale', orderId }),
  )
  await outbox.append(trx, call, ...stocks, ...orders)
  return after
}
