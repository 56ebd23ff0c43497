import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { fold } from '#platform/database/search'
import { copyBill } from './bills.ts'
import { insertChange } from './change-queries.ts'
import { workOrderEvent } from './events.ts'
import type { Origin, Priority } from './lifecycle.ts'
import { takeNumber } from './numbering.ts'
import type { WorkOrderParts } from './parts.ts'
import { NOTHING } from './quantities.ts'
import { insertOperators, insertWorkOrder, type WorkOrderRow } from './queries.ts'
import type { WorkOrder } from './schemas.ts'
import type { WorkOrderTables } from './table.ts'
import { toWorkOrder } from './views.ts'
import { keepDeadline, withForecast } from './work-order-changes.ts'

/** What is known of a work order before it is opened. */
export type NewWorkOrder = {
  readonly origin: Origin
  /** Null for what the shop does not sell. */
  readonly productId: string | null
  readonly productName: string
  /** Above zero. */
  readonly quantity: number
  readonly allowance: number
  readonly priority: Priority
  readonly operatorId: string | null
  /** The responsible one need not be among them. */
  readonly operatorIds: readonly string[]
  readonly plannedStartAt: Date | null
  readonly deadlineAt: Date
  readonly notes: string | null
  /** The product, where it is made for orders that wait; there is one such order at most while it is open. */
  readonly demandKey?: string
  /** The schedule and the day of it for which it is made; there is one at most. */
  readonly schedule?: { readonly id: string; readonly day: string }
  /** For which ticket it is mended, and which event asked for it; there is one order at most. */
  readonly rework?: { readonly ticketId: string; readonly ticketNumber: string; readonly requestId: string }
}

type OpenParts = Pick<WorkOrderParts, 'clock' | 'ids' | 'outbox' | 'timers' | 'businessDays'>
type Opening = { readonly call: Call; readonly order: NewWorkOrder }

/**
 * Opens a work order: its number, row and operators, the bill of materials as it is now, the first line of its history,
 * its event and the timer of its deadline. Who may do it, and whether all of it is so, is for the caller to see to.
 */
export async function openWorkOrder(
  parts: OpenParts,
  trx: Transaction<WorkOrderTables>,
  { call, order }: Opening,
): Promise<WorkOrder> {
  const { clock, ids, outbox, businessDays } = parts
  const now = clock.now()
  const day = businessDays.dayOf(now)
  const operatorIds = withResponsible(order).toSorted()
  const row = withForecast(
    newRow(order, {
      id: ids.next(),
      number: await takeNumber(trx, day),
      day,
      now,
      createdBy: call.actor?.userId ?? null,
    }),
    { totals: NOTHING },
  )
  await insertWorkOrder(trx, row)
  await insertOperators(trx, { workOrderId: row.id, operatorIds, now })
  await copyBill(trx, row)
  await insertChange(trx, {
    id: ids.next(),
    work_order_id: row.id,
    from_status: null,
    to_status: row.status,
    quantity: 0,
    scrap: 0,
    hold_reason: null,
    note: null,
    actor_id: row.created_by,
    created_at: now,
  })
  const opened = toWorkOrder(row, { totals: NOTHING, operatorIds })
  await outbox.append(trx, call, workOrderEvent(opened, { what: 'created' }))
  await keepDeadline(parts, trx, { before: null, after: row })
  return opened
}

/** All who work on it, the responsible one included. */
export function withResponsible({
  operatorId,
  operatorIds,
}: Pick<NewWorkOrder, 'operatorId' | 'operatorIds'>): string[] {
  return [...new Set(operatorId === null ? operatorIds : [operatorId, ...operatorIds])]
}

/** What `q` finds an order by. */
export function searchTextOf(row: Pick<WorkOrderRow, 'number' | 'product_name' | 'notes'>): string {
  return fold([row.number, row.product_name, row.notes].filter(Boolean).join(' '), 12_000)
}

type Given = {
  readonly id: string
  readonly number: string
  readonly day: string
  readonly now: Date
  readonly createdBy: string | null
}

function newRow(order: NewWorkOrder, { id, number, day, now, createdBy }: Given): WorkOrderRow {
  return {
    id,
    number,
    business_day: day,
    origin: order.origin,
    product_id: order.productId,
    product_name: order.productName,
    search_text: searchTextOf({ number, product_name: order.productName, notes: order.notes }),
    quantity: order.quantity,
    allowance: order.allowance,
    status: 'pending',
    priority: order.priority,
    operator_id: order.operatorId,
    planned_start_at: order.plannedStartAt,
    deadline_at: order.deadlineAt,
    overdue_at: null,
    expected_at: null,
    started_at: null,
    finished_at: null,
    last_output_at: null,
    hold_reason: null,
    hold_note: null,
    held_at: null,
    held_ms: 0,
    output_held_ms: 0,
    cancel_reason: null,
    notes: order.notes,
    demand_key: order.demandKey ?? null,
    schedule_id: order.schedule?.id ?? null,
    schedule_day: order.schedule?.day ?? null,
    ticket_id: order.rework?.ticketId ?? null,
    ticket_number: order.rework?.ticketNumber ?? null,
    request_id: order.rework?.requestId ?? null,
    created_by: createdBy,
    version: 1,
    created_at: now,
    updated_at: now,
  }
}
