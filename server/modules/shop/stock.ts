import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { NewEvent } from '#platform/events/outbox'
import type { Ids } from '#platform/id'
import { stockChanged } from './events.ts'
import type { OrderLineRow } from './order-queries.ts'
import { changeStocks, insertStockEntries } from './product-queries.ts'
import type { ShopTables } from './table.ts'

type Move = {
  readonly call: Call
  readonly ids: Ids
  readonly now: Date
  /** A sale takes the lines' quantities out of the stock, a release puts them back. */
  readonly kind: 'sale' | 'release'
  readonly orderId: string
  /** The lines' products as they are now, locked. */
  readonly stocks: readonly { readonly id: string; readonly stock: number; readonly version: number }[]
  readonly lines: readonly Pick<OrderLineRow, 'product_id' | 'quantity'>[]
}

/** Changes the stock and writes the ledger together, so that the one is always the sum of the other (S7). */
export async function moveStock(trx: Transaction<ShopTables>, move: Move): Promise<NewEvent[]> {
  const { call, ids, now, kind, orderId, stocks, lines } = move
  const stockOf = new Map(stocks.map((stock) => [stock.id, stock]))
  const changes = lines.map(({ product_id, quantity }) => ({
    productId: product_id,
    quantity: kind === 'sale' ? -quantity : quantity,
  }))
  await changeStocks(trx, changes, now)
  await insertStockEntries(
    trx,
    changes.map(({ productId, quantity }) => ({
      id: ids.next(),
      product_id: productId,
      kind,
      quantity,
      order_id: orderId,
      actor_id: call.actor?.userId ?? null,
      created_at: now,
    })),
  )
  return changes.flatMap(({ productId, quantity }) => {
    const before = stockOf.get(productId)
    if (before === undefined) return []
    const { stock, version } = before
    return stockChanged({ productId, version: version + 1, stock: stock + quantity, quantity, kind, orderId })
  })
}
