/** The life of an order, in one table: from each status, the ones it may become (S5). */
const TRANSITIONS = {
  pending_payment: ['paid', 'cancelled'],
  paid: ['processing', 'cancelled'],
  processing: ['shipped', 'cancelled'],
  shipped: ['completed'],
  completed: [],
  cancelled: [],
} as const

/** An order that will be paid on delivery is processed before it is paid. */
const BEFORE_DELIVERY = ['paid', 'processing', 'cancelled'] as const

export const orderStatuses = [
  'pending_payment',
  'paid',
  'processing',
  'shipped',
  'completed',
  'cancelled',
] as const satisfies readonly (keyof typeof TRANSITIONS)[]
export type OrderStatus = (typeof orderStatuses)[number]

type Circumstances = {
  /** Payments on delivery wait that cover what is still to be paid. */
  readonly paysOnDelivery?: boolean
  /** It was processed before it was paid, and not all of it is paid yet. */
  readonly owesMoney?: boolean
}

export function allowedTransitions(
  status: OrderStatus,
  { paysOnDelivery = false, owesMoney = false }: Circumstances = {},
): readonly OrderStatus[] {
  if (status === 'pending_payment' && paysOnDelivery) return BEFORE_DELIVERY
  if (status === 'shipped' && owesMoney) return []
  return TRANSITIONS[status]
}

/** What the one who placed the order may still do by themselves. */
export function allowedToOwner(status: OrderStatus): readonly OrderStatus[] {
  return status === 'pending_payment' ? ['cancelled'] : []
}

export function isOrderStatus(text: string): text is OrderStatus {
  return orderStatuses.some((status) => status === text)
}
