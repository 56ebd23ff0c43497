import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { NewEvent } from '#platform/events/outbox'
import type { Ids } from '#platform/id'
import { stockChanged } from './events.ts'
import { changeStocks, insertStockEntries } from './product-queries.ts'
import type { StockLevel } from './stock-level.ts'
import type { StockEntryKind } from './stock-schemas.ts'
import type { ShopTables } from './table.ts'

type Stock = StockLevel & { readonly version: number }

type Move<Product> = {
  readonly call: Call
  readonly ids: Ids
  readonly now: Date
  readonly kind: StockEntryKind
  readonly orderId?: string | null
  readonly workOrderId?: string | null
  /** The products as they are now, locked. */
  readonly stocks: readonly Product[]
  /** Above zero into the stock, below zero out of it; none is zero. */
  readonly units: readonly { readonly product_id: string; readonly quantity: number }[]
}

type Moved<Product> = { readonly before: Product; readonly after: Product }

/**
 * Changes the stock and writes the ledger together, so that the one is always the sum of the other (S7). Answers with
 * the events, of which those of the level are the caller's (`levelEvents`), and with the products that have changed.
 */
export async function moveStock<Product extends Stock>(
  trx: Transaction<ShopTables>,
  move: Move<Product>,
): Promise<{ events: NewEvent[]; moved: Moved<Product>[] }> {
  const { call, ids, now, kind, orderId = null, workOrderId = null, stocks, units } = move
  const stockOf = new Map(stocks.map((stock) => [stock.id, stock]))
  const changes = units.flatMap(({ product_id, quantity }) => {
    const before = stockOf.get(product_id)
    if (before === undefined) return []
    const after = { ...before, stock: before.stock + quantity, version: before.version + 1 }
    return [{ productId: product_id, quantity, before, after }]
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
      work_order_id: workOrderId,
      actor_id: call.actor?.userId ?? null,
      created_at: now,
    })),
  )
  const events = changes.map(({ productId, quantity, after: { stock, version } }) =>
    stockChanged({ productId, version, stock, quantity, kind, orderId }),
  )
  return { events, moved: changes }
}
