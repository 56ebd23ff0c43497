import type { Transaction } from 'kysely'
import type { BusinessDays } from '#platform/business-days'
import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { type Assignment, assignmentAfter, requireOperators } from './assignment.ts'
import { copyBill } from './bills.ts'
import { refuse } from './errors.ts'
import { isOpen } from './lifecycle.ts'
import { readDeadline, readStart } from './moments.ts'
import { searchTextOf } from './open-work-order.ts'
import type { WorkOrderParts } from './parts.ts'
import { chooseProduct, nameOfProduct } from './product-choice.ts'
import { lockForOutput } from './production-log.ts'
import type { Totals } from './quantities.ts'
import {
  deleteBillCopy,
  deleteOperators,
  hasEntries,
  insertOperators,
  lockWorkOrder,
  type WorkOrderRow,
} from './queries.ts'
import type { WorkOrder, WorkOrderChange } from './schemas.ts'
import { setStatus } from './set-status.ts'
import type { WorkOrderTables } from './table.ts'
import { statusOf, toWorkOrder } from './views.ts'
import { changeWorkOrder, extentOf } from './work-order-changes.ts'
import { endWork } from './work-sessions.ts'

export type EditWorkOrder = ReturnType<typeof createEditWorkOrder>

/**
 * A manager's change of any detail (W2), first those that describe the order, then its status. What is as it was is no
 * change, so that a client may send back the whole of what it has read.
 */
export function createEditWorkOrder(parts: WorkOrderParts) {
  const { db, clock, businessDays } = parts
  return async function editWorkOrder(
    call: Call<WorkOrder>,
    id: string,
    body: WorkOrderChange,
  ): Promise<WorkOrder> {
    return await transaction(db, call, async (trx) => {
      const row = await lockForOutput(trx, id)
      if (row === undefined) throw refuse('work_order_not_found')
      checkVersion(call, row)
      const order = await editDetails(trx, call, { row, body })
      const { status, hold_reason: holdReason = null, note = null } = body
      if (status === undefined || status === row.status) return order
      const current = (await lockWorkOrder(trx, id)) ?? row
      return await setStatus(parts, trx, {
        call,
        row: current,
        body: { status, hold_reason: holdReason, note },
      })
    })
  }

  async function editDetails(
    trx: Transaction<WorkOrderTables>,
    call: Call,
    { row, body }: { readonly row: WorkOrderRow; readonly body: WorkOrderChange },
  ): Promise<WorkOrder> {
    const extent = await extentOf(trx, row.id)
    const before = { operatorId: row.operator_id, operatorIds: extent.operatorIds }
    const after = assignmentAfter(before, body)
    const wanted = { ...wantedDetails(row, { body, businessDays }), ...(await wantedProduct(trx, row, body)) }
    const change = differences(row, { ...wanted, operator_id: after.operatorId })
    const isReassigned = !isSameGroup(before, after)
    if (Object.keys(change).length === 0 && !isReassigned) return toWorkOrder(row, extent)

    refuseClosed(row, { change, isReassigned })
    refuseTooFew({ ...row, ...change }, { before: row, totals: extent.totals })
    await requireOperators(trx, { wanted: body, assigned: before.operatorIds })
    await reassign(trx, row, { before, after })
    if (change.product_id !== undefined) await copyBillAgain(trx, { ...row, ...change })
    return await changeWorkOrder(parts, trx, {
      call,
      row,
      change: {
        ...change,
        ...overdueAfter(row, change),
        search_text: searchTextOf({ ...row, ...change }),
      },
      happening: { what: 'updated' },
    })
  }

  async function reassign(
    trx: Transaction<WorkOrderTables>,
    { id: workOrderId }: WorkOrderRow,
    { before, after }: { readonly before: Assignment; readonly after: Assignment },
  ): Promise<void> {
    const now = clock.now()
    const gone = before.operatorIds.filter((id) => !after.operatorIds.includes(id))
    const come = after.operatorIds.filter((id) => !before.operatorIds.includes(id))
    await deleteOperators(trx, { workOrderId, operatorIds: gone })
    await insertOperators(trx, { workOrderId, operatorIds: come, now })
    for (const operatorId of gone) await endWork(trx, { workOrderId, operatorId, cause: 'unassigned', now })
  }

  /** A deadline in the future is one that has not passed. */
  function overdueAfter(row: WorkOrderRow, { deadline_at: deadlineAt }: Details): Partial<WorkOrderRow> {
    if (row.overdue_at === null || deadlineAt === undefined || deadlineAt <= clock.now()) return {}
    return { overdue_at: null }
  }
}

type Details = Partial<
  Pick<
    WorkOrderRow,
    | 'product_id'
    | 'product_name'
    | 'quantity'
    | 'allowance'
    | 'priority'
    | 'operator_id'
    | 'planned_start_at'
    | 'deadline_at'
    | 'notes'
  >
>

type Reading = { readonly body: WorkOrderChange; readonly businessDays: BusinessDays }

function wantedDetails(row: WorkOrderRow, { body, businessDays }: Reading): Details {
  const { quantity, allowance, priority, notes, deadline, planned_start: start } = body
  const times = {
    deadline_at:
      deadline === undefined
        ? row.deadline_at
        : readDeadline(businessDays, { text: deadline, pointer: '/deadline' }),
    planned_start_at:
      typeof start === 'string'
        ? readStart(businessDays, { text: start, pointer: '/planned_start' })
        : start === undefined
          ? row.planned_start_at
          : null,
  }
  return {
    ...times,
    quantity: quantity ?? row.quantity,
    allowance: allowance ?? row.allowance,
    priority: priority ?? row.priority,
    notes: notes === undefined ? row.notes : notes,
  }
}

/** Refuses another product than before once something was made of it, or while orders wait for it. */
async function wantedProduct(
  trx: Transaction<WorkOrderTables>,
  row: WorkOrderRow,
  { product_id: id = row.product_id, product_name: name = row.product_name }: WorkOrderChange,
): Promise<Details> {
  if (id === row.product_id && name.trim() === row.product_name) return {}
  if (id !== null && id === row.product_id) throw nameOfProduct()
  if (row.demand_key !== null || (await hasEntries(trx, row.id))) {
    throw refuse('product_fixed', { details: { product_id: row.product_id, product_name: row.product_name } })
  }
  const { productId, productName } = await chooseProduct(trx, { product_id: id, product_name: name })
  return { product_id: productId, product_name: productName }
}

async function copyBillAgain(trx: Transaction<WorkOrderTables>, row: WorkOrderRow): Promise<void> {
  await deleteBillCopy(trx, row.id)
  await copyBill(trx, row)
}

/** The fields that are not as they were. */
function differences(row: WorkOrderRow, wanted: Details): Details {
  const plain = (value: unknown) => (value instanceof Date ? value.getTime() : value)
  const known = new Map<string, unknown>(Object.entries(row))
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => plain(known.get(name)) !== plain(value)),
  )
}

function isSameGroup({ operatorIds: before }: Assignment, { operatorIds: after }: Assignment): boolean {
  return before.length === after.length && after.every((id) => before.includes(id))
}

function refuseClosed(
  row: WorkOrderRow,
  { change, isReassigned }: { readonly change: Details; readonly isReassigned: boolean },
): void {
  const status = statusOf(row)
  if (isOpen(status)) return
  if (isReassigned || Object.keys(change).some((name) => name !== 'notes'))
    throw refuse('work_order_closed', { details: { current_status: status, allowed_transitions: [] } })
}

type Made = { readonly before: WorkOrderRow; readonly totals: Totals }

/** What is made already is ordered, or allowed. */
function refuseTooFew({ quantity, allowance }: WorkOrderRow, { before, totals: { good } }: Made): void {
  const isEnough = quantity + allowance >= good && (quantity >= before.quantity || quantity >= good)
  if (isEnough) return
  throw refuse('quantity_below_output', { details: { quantity, allowance, produced: good } })
}
