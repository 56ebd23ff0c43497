import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { TimerKind } from '#platform/timers/timer'
import { lockWithQueue } from './give-out.ts'
import { changeOrder, ORDER_HOLD, type OrderParts } from './order-changes.ts'
import type { OrderRow } from './order-queries.ts'

const HOLD_EXPIRED = 'hold_expired'

const call: Call<unknown> = systemCall

/**
 * Cancels an order that is not paid when its hold ends, and gives its stock back. The order's row decides: a payment
 * that locks it first has ended the hold, and one that comes second finds the order cancelled.
 */
export function createOrderHold(parts: OrderParts): TimerKind {
  const { db, clock } = parts
  return {
    kind: ORDER_HOLD,
    async handle({ subject }, complete) {
      // Not within `complete`, which locks the timer before the order: payments lock the order before the timer.
      await transaction(db, call, async (trx) => {
        const queue = await lockWithQueue(trx, subject)
        const row = queue.get(subject)
        if (row === undefined || !hasHoldEnded(row, clock.now())) return
        // The end of the hold stays as it was, for it is what happened, and the timer is ended below.
        const change = { status: 'cancelled', cancel_reason: HOLD_EXPIRED, hold_until_at: row.hold_until_at }
        await changeOrder(parts, trx, { call: systemCall, row, change, queue })
      })
      await complete(async () => {})
    },
  }
}

function hasHoldEnded({ status, hold_until_at: until }: OrderRow, now: Date): boolean {
  return status === 'pending_payment' && until !== null && until <= now
}
