import type { NewEvent } from '#platform/events/outbox'
import type { Bill } from './bill-schemas.ts'
import type { Comment } from './comment-schemas.ts'
import type { ProgressReport } from './log-schemas.ts'
import type { Schedule } from './schedule-schemas.ts'
import type { WorkOrder } from './schemas.ts'

/** What happens to a work order; each event carries the whole of it. */
export type WorkOrderHappening =
  | { readonly what: 'created' | 'updated' | 'overdue' }
  | { readonly what: 'status_changed'; readonly previousStatus: WorkOrder['status'] }
  | { readonly what: 'output_logged'; readonly output: Output }

/** What was logged, and what it took of each component; below zero where an entry is taken back. */
export type Output = {
  readonly entryId: string
  readonly kind: 'good' | 'scrap' | 'rework'
  readonly quantity: number
  readonly materials: readonly { readonly product_id: string; readonly quantity: number }[]
}

export function workOrderEvent(order: WorkOrder, happening: WorkOrderHappening): NewEvent {
  return {
    type: `work_order.${happening.what}`,
    subject: `work_order/${order.id}`,
    recordVersion: order.version,
    data: { work_order_id: order.id, ...order, ...detailsOf(happening) },
  }
}

type Named = Pick<WorkOrder, 'number' | 'product_name'>

/** A comment is a record of its own that never changes; it tells which order it is about, not how that stands. */
export function workOrderCommented(comment: Comment, order: Named): NewEvent {
  return {
    type: 'work_order.commented',
    subject: `work_order_comment/${comment.id}`,
    recordVersion: 1,
    data: { ...comment, ...nameOf(order) },
  }
}

/** A report never changes either; what was made with it is told by the events of its entries. */
export function progressReported(report: ProgressReport, order: Named): NewEvent {
  return {
    type: 'work_order.progress_reported',
    subject: `work_order_report/${report.id}`,
    recordVersion: 1,
    data: { ...report, ...nameOf(order) },
  }
}

export function billEvent(what: 'updated' | 'deleted', bill: Bill): NewEvent {
  return {
    type: `work_bill.${what}`,
    subject: `work_bill/${bill.product_id}`,
    recordVersion: bill.version,
    data: bill,
  }
}

export function scheduleEvent(what: 'created' | 'updated' | 'deleted', schedule: Schedule): NewEvent {
  return {
    type: `work_schedule.${what}`,
    subject: `work_schedule/${schedule.id}`,
    recordVersion: schedule.version,
    data: schedule,
  }
}

function nameOf({ number, product_name: productName }: Named): object {
  return { number, product_name: productName }
}

function detailsOf(happening: WorkOrderHappening): object {
  if (happening.what === 'status_changed') return { previous_status: happening.previousStatus }
  if (happening.what !== 'output_logged') return {}
  const { entryId, kind, quantity, materials } = happening.output
  return { output: { entry_id: entryId, kind, quantity, materials } }
}
