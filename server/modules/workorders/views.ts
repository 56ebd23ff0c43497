import { knownWord } from '#platform/database/words'
import {
  holdReasons,
  isOpen,
  origins,
  priorities,
  type WorkOrderStatus,
  workOrderStatuses,
} from './lifecycle.ts'
import { progressOf, type Totals } from './quantities.ts'
import type { WorkOrderRow } from './queries.ts'
import type { WorkOrder } from './schemas.ts'

/** What belongs to a work order besides its row. */
export type Extent = { readonly totals: Totals; readonly operatorIds: readonly string[] }

export function statusOf({ number, status }: Pick<WorkOrderRow, 'number' | 'status'>): WorkOrderStatus {
  return knownWord(workOrderStatuses, status, `the work order ${number}`)
}

export function toWorkOrder(row: WorkOrderRow, { totals, operatorIds }: Extent): WorkOrder {
  const { number, operator_id: responsible } = row
  return {
    id: row.id,
    number,
    origin: knownWord(origins, row.origin, `the work order ${number}`),
    product_id: row.product_id,
    product_name: row.product_name,
    quantity: row.quantity,
    allowance: row.allowance,
    produced: totals.good,
    scrap: totals.scrap,
    rework: totals.rework,
    ...progressOf(row, totals),
    status: statusOf(row),
    priority: knownWord(priorities, row.priority, `the work order ${number}`),
    operator_id: responsible,
    operator_ids: operatorIds.toSorted((a, b) => Number(b === responsible) - Number(a === responsible)),
    planned_start: toText(row.planned_start_at),
    deadline: row.deadline_at.toISOString(),
    overdue: row.overdue_at !== null,
    expected_at: toText(row.expected_at),
    started_at: toText(row.started_at),
    finished_at: toText(row.finished_at),
    hold: toHold(row),
    cancel_reason: row.cancel_reason,
    notes: row.notes,
    schedule_id: row.schedule_id,
    ticket_id: row.ticket_id,
    ticket_number: row.ticket_number,
    created_by: row.created_by,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

function toHold(row: WorkOrderRow): WorkOrder['hold'] {
  if (row.hold_reason === null || row.held_at === null || !isOpen(statusOf(row))) return null
  return {
    reason: knownWord(holdReasons, row.hold_reason, `the work order ${row.number}`),
    note: row.hold_note,
    since: row.held_at.toISOString(),
  }
}

function toText(time: Date | null): string | null {
  return time?.toISOString() ?? null
}
