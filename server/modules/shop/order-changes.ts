import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { Timers } from '#platform/timers/timer'
import type { ShopParts } from './catalogue.ts'
import { orderChanged } from './order-events.ts'
import { listLines, type OrderLineRow, type OrderRow, updateOrder } from './order-queries.ts'
import type { Order } from './order-schemas.ts'
import { statusOf, toOrder } from './order-views.ts'
import { lockStocks } from './product-queries.ts'
import { moveStock } from './stock.ts'
import type { ShopTables } from './table.ts'

/** The kind of the timers that end the holds of unpaid orders; the subject is the order's id. */
export const ORDER_HOLD = 'order.hold'

export type OrderParts = ShopParts & { readonly timers: Timers }

type Changeable = 'status' | 'cancel_reason' | 'paid_minor' | 'paid_at' | 'hold_until_at' | 'on_delivery_at'

type OrderChange = {
  readonly row: OrderRow
  readonly change: Partial<Pick<OrderRow, Changeable>>
}

/**
 * Writes a change of an order whose row is locked, with everything that follows from it: the event, the stock that a
 * cancelled order gives back, and the timer of its hold, which ends with the status `pending_payment`.
 * The rows are locked in one sequence everywhere: the order, its payments, products by id, its timer.
 */
export async function changeOrder(
  { clock, ids, outbox, timers }: Pick<OrderParts, 'clock' | 'ids' | 'outbox' | 'timers'>,
  trx: Transaction<ShopTables>,
  { call, row, change }: OrderChange & { readonly call: Call },
): Promise<Order> {
  const now = clock.now()
  const changed = { ...row, ...holdOf(row, change), ...change, version: row.version + 1, updated_at: now }
  const lines = await listLines(trx, [row.id])
  const order = toOrder(changed, lines)
  await updateOrder(trx, row.id, changed)
  const released =
    changed.status === 'cancelled' && row.status !== 'cancelled' ? await release(changed, lines) : []
  await outbox.append(trx, call, orderChanged(order, statusOf(row)), ...released)
  await keepTimer(changed.hold_until_at)
  return order

  async function release({ id }: OrderRow, orderLines: readonly OrderLineRow[]) {
    const stocks = await lockStocks(
      trx,
      orderLines.map((line) => line.product_id),
    )
    return await moveStock(trx, { call, ids, now, kind: 'release', orderId: id, stocks, lines: orderLines })
  }

  async function keepTimer(until: Date | null): Promise<void> {
    if (until?.getTime() === row.hold_until_at?.getTime()) return
    const timer = { kind: ORDER_HOLD, subject: row.id }
    await (until === null ? timers.cancel(trx, timer) : timers.schedule(trx, { ...timer, dueAt: until }))
  }
}

/** Only an order that waits for its money is held. */
function holdOf(row: OrderRow, { status = row.status }: OrderChange['change']) {
  return status === 'pending_payment' ? {} : { hold_until_at: null }
}
