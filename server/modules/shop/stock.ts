import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { NewEvent } from '#platform/events/outbox'
import type { Ids } from '#platform/id'
import { stockChanged } from './events.ts'
import type { OrderLineRow } from './order-queries.ts'
import { changeStocks, insertStockEntries } from './product-queries.ts'
import { levelEvents, type StockLevel } from './stock-level.ts'
import type { ShopTables } from './table.ts'

type Move = {
  readonly call: Call
  readonly ids: Ids
  readonly now: Date
  /** A sale takes the lines' quantities out of the stock, a release puts them back. */
  readonly kind: 'sale' | 'release'
  readonly orderId: string
  /** The lines' products as they are now, locked. */
  readonly stocks: readonly (StockLevel & { readonly version: number })[]
  readonly lines: readonly Pick<OrderLineRow, 'product_id' | 'quantity'>[]
}

/** Changes the stock and writes the ledger together, so that the one is always the sum of the other (S7). */
export async function moveStock(trx: Transaction<ShopTables>, move: Move): Promise<NewEvent[]> {
  const { call, ids, now, kind, orderId, stocks, lines } = move
  const stockOf = new Map(stocks.map((stock) => [stock.id, stock]))
  const changes = lines.flatMap(({ product_id, quantity }) => {
    const before = stockOf.get(product_id)
    if (before === undefined) return []
    const signed = kind === 'sale' ? -quantity : quantity
    const after = { ...before, stock: before.stock + signed, version: before.version + 1 }
    return [{ productId: product_id, quantity: signed, before, after }]
  })
  await changeStocks(trx, changes, now)
  await insertStockEntries(
    trx,
    changes.map(({ productId, quantity, after }) => ({
      id: ids.next(),
      product_id: productId,
      kind,
      quantity,
      balance: after.stock,
      order_id: orderId,
      actor_id: call.actor?.userId ?? null,
      created_at: now,
    })),
  )
  return changes.flatMap(({ productId, quantity, before, after: { stock, version, ...after } }) => [
    stockChanged({ productId, version, stock, quantity, kind, orderId }),
    ...levelEvents(before, { ...after, stock, version }),
  ])
}
