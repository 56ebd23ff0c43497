import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { ShopParts } from './catalogue.ts'
import { giveOut, type Queue } from './give-out.ts'
import { takenOf } from './order-lines.ts'
import type { OrderLineRow } from './order-queries.ts'
import { changeDemand, findAwaited } from './product-demand.ts'
import { lockStocks } from './product-queries.ts'
import { moveStock } from './stock.ts'
import { levelEvents } from './stock-level.ts'
import type { ShopTables } from './table.ts'
import { endWaiting } from './waiting-lines.ts'

type GiveBack = {
  readonly call: Call
  readonly orderId: string
  /** As they were before the order was cancelled. */
  readonly lines: readonly OrderLineRow[]
  readonly queue: Queue
}

/**
 * Puts back what an order has taken, and no more: what it still waits for nobody has. What comes back goes at once to
 * those who have waited longest.
 */
export async function giveBack(
  parts: Pick<ShopParts, 'clock' | 'ids' | 'outbox'>,
  trx: Transaction<ShopTables>,
  { call, orderId, lines, queue }: GiveBack,
): Promise<void> {
  const { clock, ids, outbox } = parts
  const now = clock.now()
  const waiting = new Map(lines.map((line) => [line.product_id, line.waiting ?? 0]))
  if (lines.some((line) => (line.waiting ?? 0) > 0)) await endWaiting(trx, orderId)
  const stocks = await lockStocks(trx, [...waiting.keys()])
  const { events, moved } = await moveStock(trx, {
    call,
    ids,
    now,
    kind: 'release',
    orderId,
    stocks,
    units: takenOf(lines),
  })
  await outbox.append(trx, call, ...events)
  const afterMove = new Map(moved.map(({ after }) => [after.id, after]))
  const awaited = await findAwaited(trx, [...waiting.keys()])
  for (const before of stocks) {
    const back = afterMove.get(before.id) ?? before
    const { product, filled } = awaited.has(before.id)
      ? await giveOut(parts, trx, { call, product: back, queue, now })
      : { product: back, filled: 0 }
    await outbox.append(trx, call, ...levelEvents(before, product))
    await changeDemand(parts, trx, {
      call,
      product: before,
      waiting: -(waiting.get(before.id) ?? 0) - filled,
    })
  }
}

/** A line of an order that is cancelled. */
export function withoutWaiting(line: OrderLineRow): OrderLineRow {
  return { ...line, waiting: 0, promised_on: null }
}
