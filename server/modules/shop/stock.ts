import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { NewEvent } from '#platform/events/outbox'
import type { Ids } from '#platform/id'
import { stockChanged } from './events.ts'
import type { OrderLineRow } from './order-queries.ts'
import { changeStocks, insertStockEntries } from './product-queries.ts'
import type { StockLevel } from './stock-level.ts'
import type { ShopTables } from './table.ts'

type Stock = StockLevel & { readonly version: number }

type Move = {
  readonly call: Call
  readonly ids: Ids
  readonly now: Date
  /** A sale takes the lines' quantities out of the stock, a release puts them back. */
  readonly kind: 'sale' | 'release'
  readonly orderId: string
  /** The lines' products as they are now, locked. */
  readonly stocks: readonly Stock[]
  /** With the units of each that move; none is zero. */
  readonly lines: readonly Pick<OrderLineRow, 'product_id' | 'quantity'>[]
}

type Moved = { readonly before: Stock; readonly after: Stock }

/**
 * Changes the stock and writes the ledger together, so that the one is always the sum of the other (S7). Answers with
 * the events, of which those of the level are the caller's (`levelEvents`), and with the products that have changed.
 */
export async function moveStock(
  trx: Transaction<ShopTables>,
  move: Move,
): Promise<{ events: NewEvent[]; moved: Moved[] }> {
  const { call, ids, now, kind, orderId, stocks, lines } = move
  const stockOf = new Map(stocks.map((stock) => [stock.id, stock]))
  const changes = lines.flatMap(({ product_id, quantity }) => {
    const before = stockOf.get(product_id)
    if (before === undefined) return []
    const signed = kind === 'sale' ? -quantity : quantity
    const after = { ...before, stock: before.stock + signed, version: before.version + 1 }
    return [{ productId: product_id, quantity: signed, before, after }]
  })
  if (changes.length === 0) return { events: [], moved: [] }
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
  const events = changes.map(({ productId, quantity, after: { stock, version } }) =>
    stockChanged({ productId, version, stock, quantity, kind, orderId }),
  )
  return { events, moved: changes }
}
