/** The life of a work order, in one table: from each status, the ones it may become (W4). */
const TRANSITIONS = {
  pending: ['in_progress', 'cancelled'],
  in_progress: ['on_hold', 'completed', 'cancelled'],
  on_hold: ['in_progress', 'cancelled'],
  completed: [],
  cancelled: [],
} as const

export const workOrderStatuses = ['pending', 'in_progress', 'on_hold', 'completed', 'cancelled'] as const
export type WorkOrderStatus = (typeof workOrderStatuses)[number]

/** What work is still to be done on. */
export const openStatuses = ['pending', 'in_progress', 'on_hold'] as const

export const priorities = ['low', 'normal', 'high', 'urgent'] as const
export const holdReasons = ['material', 'machine', 'quality', 'other'] as const
export const scrapReasons = ['material', 'machine', 'quality', 'operator', 'other'] as const
export const entryKinds = ['good', 'scrap', 'rework'] as const
export const origins = ['manual', 'demand', 'schedule', 'rework'] as const
export type Priority = (typeof priorities)[number]
export type HoldReason = (typeof holdReasons)[number]
export type ScrapReason = (typeof scrapReasons)[number]
export type EntryKind = (typeof entryKinds)[number]
export type Origin = (typeof origins)[number]

/** What is mended goes back to its owner, who had bought it already: it fills no stock and no order. */
export function isMadeForShop({ origin }: { readonly origin: string }): boolean {
  return origin !== 'rework'
}

/** Only a manager cancels; everything else the operators do as well. */
export function allowedTransitions(
  status: WorkOrderStatus,
  { isManager }: { readonly isManager: boolean },
): readonly WorkOrderStatus[] {
  return TRANSITIONS[status].filter((next) => isManager || next !== 'cancelled')
}

export function isOpen(status: WorkOrderStatus): boolean {
  return openStatuses.some((open) => open === status)
}
