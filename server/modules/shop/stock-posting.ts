import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { ShopParts } from './catalogue.ts'
import { stockChanged } from './events.ts'
import { changeStocks, insertStockEntries, type lockStocks } from './product-queries.ts'
import { levelEvents } from './stock-level.ts'
import type { StockEntryKind } from './stock-schemas.ts'
import type { ShopTables } from './table.ts'

export type StockRow = Awaited<ReturnType<typeof lockStocks>>[number]

export type Posting = {
  readonly kind: StockEntryKind
  /** Above zero into the stock, below zero out of it; never zero. */
  readonly quantity: number
  readonly orderId?: string | null
  readonly workOrderId?: string | null
}

type PostStock = {
  readonly call: Call
  /** Locked. */
  readonly stock: StockRow
  readonly posting: Posting
}

/** Moves the stock of one product and says so, also where it is low now or no longer; answers how it is afterwards. */
export async function postStock(
  parts: Pick<ShopParts, 'clock' | 'ids' | 'outbox'>,
  trx: Transaction<ShopTables>,
  move: PostStock,
): Promise<StockRow> {
  const after = await writeMove(parts, trx, move)
  await parts.outbox.append(trx, move.call, ...levelEvents(move.stock, after))
  return after
}

/** Moves the stock of one product, with its entry in the ledger (S7) and its event, and leaves its level to the caller. */
export async function writeMove(
  { clock, ids, outbox }: Pick<ShopParts, 'clock' | 'ids' | 'outbox'>,
  trx: Transaction<ShopTables>,
  { call, stock: before, posting: { kind, quantity, orderId = null, workOrderId = null } }: PostStock,
): Promise<StockRow> {
  const now = clock.now()
  const after = { ...before, stock: before.stock + quantity, version: before.version + 1 }
  const { id: productId, version, stock } = after
  await changeStocks(trx, [{ productId, quantity }], now)
  await insertStockEntries(trx, [
    {
      id: ids.next(),
      product_id: productId,
      kind,
      quantity,
      balance: stock,
      order_id: orderId,
      work_order_id: workOrderId,
      actor_id: call.actor?.userId ?? null,
      created_at: now,
    },
  ])
  const moved = stockChanged({ productId, version, stock, quantity, kind, orderId })
  await outbox.append(trx, call, moved)
  return after
}
