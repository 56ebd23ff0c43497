import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { giveOut, lockQueue } from './give-out.ts'
import { changeOrder, type OrderParts } from './order-changes.ts'
import { lockOrder } from './order-queries.ts'
import { changeDemand } from './product-demand.ts'
import { findStock, lockStocks } from './product-queries.ts'
import { levelEvents } from './stock-level.ts'
import { type Posting, writeMove } from './stock-posting.ts'
import type { ShopTables } from './table.ts'
import { isUnsent, linesFor, listFilledLines, lockOrders, setLine } from './waiting-lines.ts'

export type WaitingParts = Pick<OrderParts, 'clock' | 'ids' | 'outbox' | 'timers'>

type Arrival = {
  readonly call: Call
  readonly productId: string
  /** What comes into the stock. */
  readonly posting: Posting
  /** How much of it production has brought. */
  readonly received?: number
}

/**
 * Brings units into the stock of a product and gives them at once to those who have waited longest. Nothing of the
 * product, its demand or orders is locked by this transaction before, for the orders come first.
 */
export async function fillWaiting(
  parts: WaitingParts,
  trx: Transaction<ShopTables>,
  { call, productId, posting, received = 0 }: Arrival,
): Promise<void> {
  const queue = await lockQueue(trx, { productId, units: posting.quantity })
  const [before] = await lockStocks(trx, [productId])
  if (before === undefined) return
  const stock = await writeMove(parts, trx, { call, stock: before, posting })
  const { product, filled } = await giveOut(parts, trx, {
    call,
    product: stock,
    queue,
    now: parts.clock.now(),
  })
  await parts.outbox.append(trx, call, ...levelEvents(before, product))
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
  const [before] = await lockStocks(trx, [productId])
  if (before === undefined) return
  let stock = before
  let returned = 0
  const lines = stock.stock < quantity ? await listFilledLines(trx, productId) : []
  for (const line of linesFor(quantity - stock.stock, lines, given)) {
    const { order_id: orderId } = line
    const row = locked.get(orderId) ?? (await lockOrder(trx, orderId))
    // Whoever was sent theirs while this transaction waited for the order keeps it.
    if (row === undefined || !isUnsent(row)) continue
    const back = Math.min(quantity - stock.stock, given(line))
    await setLine(trx, line, { waiting: line.waiting + back, promised_on: null })
    const posting = { kind: 'release', quantity: back, orderId } as const
    stock = await writeMove(parts, trx, { call, stock, posting })
    await changeOrder(parts, trx, { call, row, change: {} })
    returned += back
  }
  const taken = Math.min(stock.stock, quantity)
  const posting = { kind: 'production', quantity: -taken, workOrderId } as const
  if (taken > 0) stock = await writeMove(parts, trx, { call, stock, posting })
  await parts.outbox.append(trx, call, ...levelEvents(before, stock))
  await changeDemand(parts, trx, { call, product: stock, waiting: returned, received: -quantity })
}
