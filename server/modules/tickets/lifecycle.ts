/** The life of a ticket, in one table: from each status, the ones it may become (D8). */
const TRANSITIONS = {
  new: ['open', 'pending', 'solved', 'cancelled'],
  open: ['pending', 'solved', 'cancelled'],
  pending: ['open', 'solved', 'cancelled'],
  solved: ['closed', 'open'],
  closed: [],
  cancelled: [],
} as const

export const ticketStatuses = ['new', 'open', 'pending', 'solved', 'closed', 'cancelled'] as const
export type TicketStatus = (typeof ticketStatuses)[number]

/** Why it waits; only while it waits for the customer the clocks stand still. */
export const pendingReasons = ['customer', 'vendor', 'agent', 'date'] as const
export type PendingReason = (typeof pendingReasons)[number]

export const syncStates = ['local', 'pending', 'synced', 'uncertain', 'failed'] as const
export type SyncState = (typeof syncStates)[number]
export const messageKinds = ['reply', 'note', 'solution'] as const
export type MessageKind = (typeof messageKinds)[number]
export const linkKinds = ['order', 'work_order', 'product', 'ticket'] as const
export const linkRelations = ['about', 'rework', 'merged'] as const

export function allowedTransitions(status: TicketStatus): readonly TicketStatus[] {
  return TRANSITIONS[status]
}

/** What the customer may do by themselves: take it back, accept the solution, or say that it is none. */
export function allowedToCustomer(status: TicketStatus): readonly TicketStatus[] {
  if (status === 'solved') return ['closed', 'open']
  return TRANSITIONS[status].filter((next) => next === 'cancelled')
}

export function isOpen(status: TicketStatus): boolean {
  return status === 'new' || status === 'open' || status === 'pending'
}
