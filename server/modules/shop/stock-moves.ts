import { addDays, type BusinessDays } from '#platform/business-days'
import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { knownWord } from '#platform/database/words'
import { invalidField } from '#platform/errors'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { getLockedProduct, type ShopParts } from './catalogue.ts'
import { refuse } from './errors.ts'
import { stockChanged } from './events.ts'
import { giveOut, lockQueue } from './give-out.ts'
import { changeDemand } from './product-demand.ts'
import { insertStockEntries, updateProduct } from './product-queries.ts'
import { levelEvents } from './stock-level.ts'
import { listStockEntries, type StockEntryRow, wasProductEver } from './stock-queries.ts'
import {
  type StockEntry,
  type StockEntryKind,
  type StockEntryQuery,
  type StockMoveBody,
  stockEntryKinds,
} from './stock-schemas.ts'

/** Nobody counts more (see `Count`), so that a stock can always be written as it was read. */
const MOST = 1_000_000_000

export type StockMoves = ReturnType<typeof createStockMoves>

/** What comes into the stock and goes out of it other than by an order, and the ledger of it all. */
export function createStockMoves(parts: ShopParts & { readonly businessDays: BusinessDays }) {
  const { db, clock, ids, outbox, businessDays } = parts
  return {
    async moveByHand(call: Call<StockEntry>, productId: string, body: StockMoveBody): Promise<StockEntry> {
      const quantity = signedQuantity(body)
      return await transaction(db, call, async (trx) => {
        const queue = await lockQueue(trx, { productId, units: quantity })
        const row = await getLockedProduct(trx, productId)
        checkVersion(call, row)
        const stock = row.stock + quantity
        if (stock < 0) {
          const short = { product_id: productId, requested: -quantity, available: row.stock }
          throw refuse('insufficient_stock', { details: { available: [short] } })
        }
        if (stock > MOST) throw refuse('stock_too_large', { details: { available: row.stock, most: MOST } })
        const now = clock.now()
        const after = { ...row, stock, version: row.version + 1, updated_at: now }
        const entry: StockEntryRow = {
          id: ids.next(),
          product_id: productId,
          kind: body.kind,
          quantity,
          balance: stock,
          reason: body.reason.trim(),
          reference: body.reference?.trim() ?? null,
          order_id: null,
          work_order_id: null,
          actor_id: call.actor?.userId ?? null,
          created_at: now,
        }
        await updateProduct(trx, productId, { stock, version: after.version, updated_at: now })
        await insertStockEntries(trx, [entry])
        const { version } = after
        const { kind } = body
        await outbox.append(
          trx,
          call,
          stockChanged({ productId, version, stock, quantity, kind, orderId: null, reason: entry.reason }),
        )
        const { product, filled } =
          quantity > 0
            ? await giveOut(parts, trx, { call, product: after, queue, now })
            : { product: after, filled: 0 }
        await outbox.append(trx, call, ...levelEvents(row, product))
        await changeDemand(parts, trx, { call, product, waiting: -filled })
        return toStockEntry(entry)
      })
    },

    async listEntries(productId: string, query: StockEntryQuery) {
      if (!(await wasProductEver(db, productId))) throw refuse('product_not_found')
      const page = await listStockEntries(db, {
        productId,
        kind: query.kind,
        since: query.from === undefined ? undefined : businessDays.startOf(query.from),
        before: query.to === undefined ? undefined : businessDays.startOf(addDays(query.to, 1)),
        sort: query.sort,
        request: toPageRequest(query),
      })
      return presentPage(page, toStockEntry)
    },
  }
}

/** Into the stock above zero, out of it below. */
function signedQuantity({ kind, quantity }: StockMoveBody): number {
  if (quantity === 0 || (kind !== 'adjustment' && quantity < 0)) throw wrongSign(kind)
  return kind === 'scrap' ? -quantity : quantity
}

function wrongSign(kind: StockMoveBody['kind']) {
  return invalidField({
    pointer: '/quantity',
    code: 'invalid',
    text:
      kind === 'adjustment'
        ? { en: 'must not be zero', id: 'tidak boleh nol' }
        : { en: 'must be at least 1', id: 'minimal 1' },
  })
}

function toStockEntry({ kind, created_at: createdAt, ...row }: StockEntryRow): StockEntry {
  return {
    id: row.id,
    product_id: row.product_id,
    kind: kindOf(kind),
    quantity: row.quantity,
    balance: row.balance,
    reason: row.reason,
    reference: row.reference,
    order_id: row.order_id,
    work_order_id: row.work_order_id,
    actor_id: row.actor_id,
    created_at: createdAt.toISOString(),
  }
}

function kindOf(text: string): StockEntryKind {
  return knownWord(stockEntryKinds, text, 'the ledger')
}
