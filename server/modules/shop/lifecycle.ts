/** The life of an order, in one table: from each status, the ones it may become (S5). */
const TRANSITIONS = {
  pending_payment: ['paid', 'cancelled'],
  paid: ['processing', 'cancelled'],
  processing: ['shipped', 'cancelled'],
  shipped: ['completed'],
  completed: [],
  cancelled: [],
} as const

export const orderStatuses = [
  'pending_payment',
  'paid',
  'processing',
  'shipped',
  'completed',
  'cancelled',
] as const satisfies readonly (keyof typeof TRANSITIONS)[]
export type OrderStatus = (typeof orderStatuses)[number]

export function allowedTransitions(status: OrderStatus): readonly OrderStatus[] {
  return TRANSITIONS[status]
}

/** What the one who placed the order may still do by themselves. */
export function allowedToOwner(status: OrderStatus): readonly OrderStatus[] {
  return status === 'pending_payment' ? ['cancelled'] : []
}

export function isOrderStatus(text: string): text is OrderStatus {
  return orderStatuses.some((status) => status === text)
}
