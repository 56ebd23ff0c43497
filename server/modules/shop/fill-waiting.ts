import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { changeOrder, type OrderParts } from './order-changes.ts'
import { lockOrder } from './order-queries.ts'
import { changeDemand } from './product-demand.ts'
import { findStock, lockStocks } from './product-queries.ts'
import { type Posting, postStock } from './stock-posting.ts'
import type { ShopTables } from './table.ts'
import { linesFor, listFilledLines, listWaitingLines, lockOrders, setLine } from './waiting-lines.ts'

export type WaitingParts = Pick<OrderParts, 'clock' | 'ids' | 'outbox' | 'timers'>

type Arrival = {
  readonly call: Call
  readonly productId: string
  /** What comes into the stock; left out, what is there already is given out. */
  readonly posting?: Posting
  /** How much of it production has brought. */
  readonly received?: number
}

/**
 * Brings units into the stock of a product and gives them at once to those who have waited longest. The orders are
 * locked before the product, as everywhere; who comes to wait meanwhile is locked after it, and a deadlock that this
 * may lead to has the transaction run again.
 */
export async function fillWaiting(
  parts: WaitingParts,
  trx: Transaction<ShopTables>,
  { call, productId, posting, received = 0 }: Arrival,
): Promise<void> {
  const expected = ((await findStock(trx, productId)) ?? 0) + (posting?.quantity ?? 0)
  const candidates = linesFor(expected, await listWaitingLines(trx, productId), ({ waiting }) => waiting)
  const locked = new Map((await lockOrders(trx, candidates)).map((order) => [order.id, order]))
  const [product] = await lockStocks(trx, [productId])
  if (product === undefined) return
  let stock = posting === undefined ? product : await postStock(parts, trx, { call, stock: product, posting })
  let filled = 0
  for (const line of linesFor(stock.stock, await listWaitingLines(trx, productId), (each) => each.waiting)) {
    const { order_id: orderId, waiting, promised_on: promised } = line
    const row = locked.get(orderId) ?? (await lockOrder(trx, orderId))
    if (row === undefined) continue
    const quantity = Math.min(stock.stock, waiting)
    await setLine(trx, line, {
      waiting: waiting - quantity,
      promised_on: quantity === waiting ? null : promised,
    })
    stock = await postStock(parts, trx, {
      call,
      stock,
      posting: { kind: 'sale', quantity: -quantity, orderId },
    })
    await changeOrder(parts, trx, { call, row, change: {} })
    filled += quantity
  }
  await changeDemand(parts, trx, { call, product, waiting: -filled, received })
}

type Loss = {
  readonly call: Call
  readonly productId: string
  /** Above zero. */
  readonly quantity: number
  readonly workOrderId: string
}

/**
 * Takes units back that production has brought before: from what is there, then from those who were given some and
 * whose orders are not sent yet, who wait again, the last ones first. What is gone already stays counted as it is.
 */
export async function takeBack(
  parts: WaitingParts,
  trx: Transaction<ShopTables>,
  { call, productId, quantity, workOrderId }: Loss,
): Promise<void> {
  const short = quantity - ((await findStock(trx, productId)) ?? 0)
  const given = (line: { readonly quantity: number; readonly waiting: number }): number =>
    line.quantity - line.waiting
  const candidates = short > 0 ? linesFor(short, await listFilledLines(trx, productId), given) : []
  const locked = new Map((await lockOrders(trx, candidates)).map((order) => [order.id, order]))
  const [product] = await lockStocks(trx, [productId])
  if (product === undefined) return
  let stock = product
  let returned = 0
  const lines = stock.stock < quantity ? await listFilledLines(trx, productId) : []
  for (const line of linesFor(quantity - stock.stock, lines, given)) {
    const { order_id: orderId } = line
    const row = locked.get(orderId) ?? (await lockOrder(trx, orderId))
    if (row === undefined) continue
    const back = Math.min(quantity - stock.stock, given(line))
    await setLine(trx, line, { waiting: line.waiting + back, promised_on: null })
    stock = await postStock(parts, trx, {
      call,
      stock,
      posting: { kind: 'release', quantity: back, orderId },
    })
    await changeOrder(parts, trx, { call, row, change: {} })
    returned += back
  }
  const taken = Math.min(stock.stock, quantity)
  if (taken > 0)
    await postStock(parts, trx, {
      call,
      stock,
      posting: { kind: 'production', quantity: -taken, workOrderId },
    })
  await changeDemand(parts, trx, { call, product, waiting: returned, received: -quantity })
}
