import type { WorkOrderStatus } from './lifecycle.ts'

type Progress = {
  readonly status: WorkOrderStatus
  readonly quantity: number
  /** Good ones so far. */
  readonly good: number
  readonly plannedStartAt: Date | null
  readonly deadlineAt: Date
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
 * When an order should be finished, from what is known at its last change; null once it is closed, and while it is
 * held, for nobody knows then, and where its pace would take it thousands of years. Before the first good one its deadline stands, moved by what it was held; afterwards it
 * goes on at its own pace, which is the working time so far for each good one.
 */
export function expectedFinish(order: Progress): Date | null {
  const { status, quantity, good, startedAt, lastOutputAt, heldMs, outputHeldMs } = order
  if (status === 'completed' || status === 'cancelled' || status === 'on_hold') return null
  if (startedAt === null) return later(order.deadlineAt, order.plannedStartAt)
  if (good <= 0 || lastOutputAt === null) return new Date(order.deadlineAt.getTime() + heldMs)
  const workedMs = Math.max(0, lastOutputAt.getTime() - startedAt.getTime() - outputHeldMs)
  const remaining = Math.max(0, quantity - good)
  const heldSinceMs = heldMs - outputHeldMs
  const finishMs = lastOutputAt.getTime() + heldSinceMs + Math.ceil((workedMs / good) * remaining)
  return finishMs > LAST_MS ? null : new Date(finishMs)
}

function later(a: Date, b: Date | null): Date {
  return b !== null && b > a ? b : a
}
