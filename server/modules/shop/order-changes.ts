import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { Timers } from '#platform/timers/timer'
import type { ShopParts } from './catalogue.ts'
import { giveBack, withoutWaiting } from './give-back.ts'
import type { Queue } from './give-out.ts'
import { orderChanged } from './order-events.ts'
import { listLines, type OrderRow, updateOrder } from './order-queries.ts'
import type { Order } from './order-schemas.ts'
import { statusOf, toOrder } from './order-views.ts'
import type { ShopTables } from './table.ts'

/** The kind of the timers that end the holds of unpaid orders; the subject is the order's id. */
export const ORDER_HOLD = 'order.hold'

export type OrderParts = ShopParts & { readonly timers: Timers }

type Changeable = 'status' | 'cancel_reason' | 'paid_minor' | 'paid_at' | 'hold_until_at' | 'on_delivery_at'

type OrderChange = {
  readonly row: OrderRow
  readonly change: Partial<Pick<OrderRow, Changeable>>
  /** The orders that were locked together with it; who cancels one says which (`lockWithQueue`). */
  readonly queue?: Queue
}

/**
 * Writes a change of an order whose row is locked, with everything that follows from it: the event, the stock that a
 * cancelled order gives back, which goes at once to others who wait for it, and the timer of its hold, which ends with
 * the status `pending_payment`. The rows are locked in one sequence everywhere: orders by id, payments, products by
 * id, their demands by id, timers.
 */
export async function changeOrder(
  parts: Pick<OrderParts, 'clock' | 'ids' | 'outbox' | 'timers'>,
  trx: Transaction<ShopTables>,
  { call, row, change, queue = new Map() }: OrderChange & { readonly call: Call },
): Promise<Order> {
  const { clock, outbox, timers } = parts
  const now = clock.now()
  const changed = { ...row, ...holdOf(row, change), ...change, version: row.version + 1, updated_at: now }
  const lines = await listLines(trx, [row.id])
  const isCancelled = changed.status === 'cancelled' && row.status !== 'cancelled'
  const order = toOrder(changed, isCancelled ? lines.map(withoutWaiting) : lines)
  await updateOrder(trx, row.id, changed)
  await outbox.append(trx, call, orderChanged(order, statusOf(row)))
  if (isCancelled) await giveBack(parts, trx, { call, orderId: row.id, lines, queue })
  await keepTimer(changed.hold_until_at)
  return order

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
