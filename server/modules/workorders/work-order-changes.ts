import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import type { WorkOrderHappening } from './events.ts'
import { workOrderEvent } from './events.ts'
import { expectedFinish } from './forecast.ts'
import { isOpen } from './lifecycle.ts'
import type { WorkOrderParts } from './parts.ts'
import { NOTHING } from './quantities.ts'
import { listOperators, sumOutput, updateWorkOrder, type WorkOrderRow } from './queries.ts'
import type { WorkOrder } from './schemas.ts'
import type { WorkOrderTables } from './table.ts'
import { statusOf, toWorkOrder } from './views.ts'

/** The kind of the timers that notice when a deadline has passed; the subject is the work order's id. */
export const DEADLINE = 'work_order.deadline'

type Change = {
  readonly call: Call
  /** Locked. */
  readonly row: WorkOrderRow
  readonly change: Partial<WorkOrderRow>
  readonly happening: WorkOrderHappening
}

/**
 * Writes a change of a work order whose row is locked, with everything that follows from it: its forecast, its event
 * and the timer of its deadline. What its log and its operators are is read here, so they are written before.
 * Rows are locked in one sequence everywhere: the demand of the product, the order, what belongs to it, its timer.
 */
export async function changeWorkOrder(
  { clock, outbox, timers }: Pick<WorkOrderParts, 'clock' | 'outbox' | 'timers'>,
  trx: Transaction<WorkOrderTables>,
  { call, row, change, happening }: Change,
): Promise<WorkOrder> {
  const extent = await extentOf(trx, row.id)
  const changed = withForecast(
    { ...row, ...change, ...heldAtOutput(row, change), version: row.version + 1, updated_at: clock.now() },
    extent,
  )
  await updateWorkOrder(trx, row.id, changed)
  const order = toWorkOrder(changed, extent)
  await outbox.append(trx, call, workOrderEvent(order, happening))
  await keepDeadline({ timers }, trx, { before: row, after: changed })
  return order
}

/** A hold after the last output is no part of the pace at which it was made. */
function heldAtOutput(row: WorkOrderRow, { last_output_at: lastOutputAt }: Partial<WorkOrderRow>) {
  return lastOutputAt === undefined ? {} : { output_held_ms: row.held_ms }
}

export async function extentOf(trx: Transaction<WorkOrderTables>, id: string) {
  const totals = await sumOutput(trx, [id])
  const operators = await listOperators(trx, [id])
  return { totals: totals.get(id) ?? NOTHING, operatorIds: operators.get(id) ?? [] }
}

export function withForecast(
  row: WorkOrderRow,
  { totals }: { readonly totals: { readonly good: number } },
): WorkOrderRow {
  const expectedAt = expectedFinish({
    status: statusOf(row),
    quantity: row.quantity,
    good: totals.good,
    plannedStartAt: row.planned_start_at,
    deadlineAt: row.deadline_at,
    overdueAt: row.overdue_at,
    startedAt: row.started_at,
    lastOutputAt: row.last_output_at,
    heldMs: row.held_ms,
    outputHeldMs: row.output_held_ms,
  })
  return { ...row, expected_at: expectedAt }
}

/** A deadline is watched while the order is open and it has not passed. */
export async function keepDeadline(
  { timers }: Pick<WorkOrderParts, 'timers'>,
  trx: Transaction<WorkOrderTables>,
  { before, after }: { readonly before: WorkOrderRow | null; readonly after: WorkOrderRow },
): Promise<void> {
  // The timer that has just noticed that it has passed ends itself.
  if (before !== null && before.overdue_at === null && after.overdue_at !== null) return
  const was = before === null ? null : watchedDeadline(before)
  const is = watchedDeadline(after)
  if (was?.getTime() === is?.getTime()) return
  const timer = { kind: DEADLINE, subject: after.id }
  await (is === null ? timers.cancel(trx, timer) : timers.schedule(trx, { ...timer, dueAt: is }))
}

function watchedDeadline(row: WorkOrderRow): Date | null {
  return isOpen(statusOf(row)) && row.overdue_at === null ? row.deadline_at : null
}
