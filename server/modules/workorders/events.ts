import type { NewEvent } from '#platform/events/outbox'
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

function detailsOf(happening: WorkOrderHappening): object {
  if (happening.what === 'status_changed') return { previous_status: happening.previousStatus }
  if (happening.what !== 'output_logged') return {}
  const { entryId, kind, quantity, materials } = happening.output
  return { output: { entry_id: entryId, kind, quantity, materials } }
}
