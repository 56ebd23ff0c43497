import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { ShopParts } from './catalogue.ts'
import type { lockStocks } from './product-queries.ts'
import { moveStock } from './stock.ts'
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
  { call, stock, posting: { quantity, ...posting } }: PostStock,
): Promise<StockRow> {
  const { events, moved } = await moveStock(trx, {
    call,
    ids,
    now: clock.now(),
    ...posting,
    stocks: [stock],
    units: [{ product_id: stock.id, quantity }],
  })
  await outbox.append(trx, call, ...events)
  return moved[0]?.after ?? stock
}
