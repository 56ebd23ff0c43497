import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { fillWaiting, takeBack, type WaitingParts } from './fill-waiting.ts'
import { lockStocks } from './product-queries.ts'
import { postStock } from './stock-posting.ts'
import { sumProduction } from './stock-queries.ts'
import type { ShopTables } from './table.ts'
import type { WorkOrderFacts } from './work-order-facts.ts'

type Output = {
  readonly call: Call
  readonly order: WorkOrderFacts
}

/** Counts what a work order has brought, and what it has used up for it; scrap brings nothing and uses up as much. */
export async function receiveOutput(
  parts: WaitingParts,
  trx: Transaction<ShopTables>,
  { call, order: { work_order_id: workOrderId, product_id: productId, output } }: Output,
): Promise<void> {
  if (output === undefined) return
  const { kind, quantity, materials } = output
  if (kind === 'good' && productId !== null) {
    await (quantity > 0
      ? fillWaiting(parts, trx, {
          call,
          productId,
          posting: { kind: 'production', quantity, workOrderId },
          received: quantity,
        })
      : takeBack(parts, trx, { call, productId, quantity: -quantity, workOrderId }))
  }
  for (const material of materials.toSorted((a, b) => (a.product_id < b.product_id ? -1 : 1)))
    await useUp(parts, trx, { call, workOrderId, material })
}

type Use = {
  readonly call: Call
  readonly workOrderId: string
  /** Below zero where it is given back. */
  readonly material: { readonly product_id: string; readonly quantity: number }
}

/**
 * Takes a component out of the stock as far as it is there, for the one who made something of it had it in any case;
 * the next count shows the rest. No more of it is given back than was taken.
 */
async function useUp(
  parts: WaitingParts,
  trx: Transaction<ShopTables>,
  { call, workOrderId, material: { product_id: productId, quantity } }: Use,
): Promise<void> {
  if (quantity < 0) {
    const used = -(await sumProduction(trx, { productId, workOrderId }))
    const back = Math.min(-quantity, used)
    const posting = { kind: 'production', quantity: back, workOrderId } as const
    if (back > 0) await fillWaiting(parts, trx, { call, productId, posting })
    return
  }
  const [stock] = await lockStocks(trx, [productId])
  const taken = Math.min(stock?.stock ?? 0, quantity)
  if (stock === undefined || taken <= 0) return
  const posting = { kind: 'production', quantity: -taken, workOrderId } as const
  await postStock(parts, trx, { call, stock, posting })
}
