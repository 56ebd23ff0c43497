export { shownWithWorkOrders, workOrderPhotos } from './comments.ts'
export { createWorkOrders } from './create-work-orders.ts'
export { workOrderEventTypes } from './event-types.ts'
export type { WorkOrderTables } from './table.ts'
