import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { endHold, insertChange, insertHold } from './change-queries.ts'
import type { HoldReason, WorkOrderStatus } from './lifecycle.ts'
import type { WorkOrderParts } from './parts.ts'
import type { WorkOrderRow } from './queries.ts'
import type { WorkOrder } from './schemas.ts'
import type { WorkOrderTables } from './table.ts'
import { statusOf } from './views.ts'
import { changeWorkOrder } from './work-order-changes.ts'
import { endWork } from './work-sessions.ts'

type MoveParts = Pick<WorkOrderParts, 'clock' | 'ids' | 'outbox' | 'timers'>

export type Move = {
  readonly call: Call
  /** Locked. */
  readonly row: WorkOrderRow
  readonly status: WorkOrderStatus
  /** Why it is cancelled or held, or whatever else there is to say. */
  readonly note: string | null
  /** Needed for a hold and for nothing else. */
  readonly holdReason?: HoldReason
  /** What was reported with it and is in the log already, or will be in the same transaction. */
  readonly reported?: { readonly quantity: number; readonly scrap: number }
}

/**
 * Writes a change of status with all that belongs to it: the history, the hold that begins or ends, the end of the
 * operators' time, and what `changeWorkOrder` writes. Whether it is allowed is for the caller to see to.
 */
export async function moveWorkOrder(
  parts: MoveParts,
  trx: Transaction<WorkOrderTables>,
  move: Move,
): Promise<WorkOrder> {
  const { call, row, status, note, holdReason = 'other', reported = { quantity: 0, scrap: 0 } } = move
  const now = parts.clock.now()
  const actorId = call.actor?.userId ?? null
  const isHold = status === 'on_hold'
  await insertChange(trx, {
    id: parts.ids.next(),
    work_order_id: row.id,
    from_status: row.status,
    to_status: status,
    ...reported,
    hold_reason: isHold ? holdReason : null,
    note,
    actor_id: actorId,
    created_at: now,
  })
  await endHold(trx, { workOrderId: row.id, now })
  if (isHold) {
    await insertHold(trx, {
      id: parts.ids.next(),
      work_order_id: row.id,
      reason: holdReason,
      note,
      started_by: actorId,
      started_at: now,
      ended_at: null,
    })
  }
  const cause = endCauses[status]
  if (cause !== null) await endWork(trx, { workOrderId: row.id, cause, now })
  // All of it happens at one moment.
  return await changeWorkOrder({ ...parts, clock: { now: () => now } }, trx, {
    call,
    row,
    change: { status, ...releasedAt(row, now), ...consequences({ row, status, note, holdReason, now }) },
    happening: { what: 'status_changed', previousStatus: statusOf(row) },
  })
}

/** Why the operators' time ends with a status; nobody's begins by it. */
const endCauses = {
  pending: null,
  in_progress: null,
  on_hold: 'order_held',
  completed: 'order_completed',
  cancelled: 'order_cancelled',
} as const

/** A hold that ends counts as time in which nobody could work. */
function releasedAt({ held_at: heldAt, held_ms: heldMs }: WorkOrderRow, now: Date): Partial<WorkOrderRow> {
  if (heldAt === null) return {}
  return {
    hold_reason: null,
    hold_note: null,
    held_at: null,
    held_ms: heldMs + Math.max(0, now.getTime() - heldAt.getTime()),
  }
}

type Consequence = Pick<Move, 'row' | 'status' | 'note'> & {
  readonly holdReason: HoldReason
  readonly now: Date
}

function consequences({ row, status, note, holdReason, now }: Consequence): Partial<WorkOrderRow> {
  switch (status) {
    case 'pending':
      return {}
    case 'in_progress':
      return { started_at: row.started_at ?? now }
    case 'on_hold':
      return { hold_reason: holdReason, hold_note: note, held_at: now }
    case 'completed':
      return { finished_at: now, demand_key: null }
    case 'cancelled':
      return { finished_at: now, demand_key: null, cancel_reason: note }
  }
}
