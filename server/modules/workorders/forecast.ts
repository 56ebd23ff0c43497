import type { WorkOrderStatus } from './lifecycle.ts'

type Progress = {
  readonly status: WorkOrderStatus
  readonly quantity: number
  /** Good ones so far. */
  readonly good: number
  readonly plannedStartAt: Date | null
  readonly deadlineAt: Date
  /** When its deadline was seen to have passed. */
  readonly overdueAt: Date | null
  readonly startedAt: Date | null
  readonly lastOutputAt: Date | null
  /** Milliseconds of all holds that have ended since it was started. */
  readonly heldMs: number
  /** What that was at the last output. */
  readonly outputHeldMs: number
}

/** What is further away than every engine can write is known to nobody. */
const LAST_MS = Date.UTC(9999, 0)

/**
 * When an order should be finished, from what is known at its last change; null once it is closed, and where nobody
 * knows: while it is held, where its pace would take it thousands of years, and where the day has passed with its
 * deadline by which it should have been, for a day that is gone tells nobody when it will be.
 * Before the first good one its deadline stands, moved by what it was held; afterwards it goes on at its own pace, which
 * is the working time so far for each good one.
 */
export function expectedFinish(order: Progress): Date | null {
  const { status, overdueAt } = order
  if (status === 'completed' || status === 'cancelled' || status === 'on_hold') return null
  const finishMs = foreseenMs(order)
  return finishMs > LAST_MS || (overdueAt !== null && finishMs <= overdueAt.getTime())
    ? null
    : new Date(finishMs)
}

function foreseenMs(order: Progress): number {
  const { quantity, good, deadlineAt, startedAt, lastOutputAt, heldMs, outputHeldMs } = order
  if (startedAt === null) return Math.max(deadlineAt.getTime(), order.plannedStartAt?.getTime() ?? 0)
  if (good <= 0 || lastOutputAt === null) return deadlineAt.getTime() + heldMs
  const workedMs = Math.max(0, lastOutputAt.getTime() - startedAt.getTime() - outputHeldMs)
  const remaining = Math.max(0, quantity - good)
  const heldSinceMs = heldMs - outputHeldMs
  return lastOutputAt.getTime() + heldSinceMs + Math.ceil((workedMs / good) * remaining)
}
