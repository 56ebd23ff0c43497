import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { TimerKind } from '#platform/timers/timer'
import { isOpen } from './lifecycle.ts'
import type { WorkOrderParts } from './parts.ts'
import { lockWorkOrder, type WorkOrderRow } from './queries.ts'
import { statusOf } from './views.ts'
import { changeWorkOrder, DEADLINE } from './work-order-changes.ts'

const call: Call<unknown> = systemCall

/**
 * Notes when the deadline of a work order passes while it is open, once. The order's row decides: whoever closes it or
 * moves its deadline first has ended this timer.
 */
export function createDeadline(parts: WorkOrderParts): TimerKind {
  const { db, clock } = parts
  return {
    kind: DEADLINE,
    async handle({ subject }, complete) {
      // Not within `complete`, which locks the timer before the order: everybody else locks the order first.
      await transaction(db, call, async (trx) => {
        const row = await lockWorkOrder(trx, subject)
        const now = clock.now()
        if (row === undefined || !hasPassed(row, now)) return
        await changeWorkOrder(parts, trx, {
          call: systemCall,
          row,
          change: { overdue_at: now },
          happening: { what: 'overdue' },
        })
      })
      await complete(async () => {})
    },
  }
}

function hasPassed(row: WorkOrderRow, now: Date): boolean {
  return isOpen(statusOf(row)) && row.overdue_at === null && row.deadline_at <= now
}
