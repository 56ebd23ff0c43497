import type { DeliveredMove } from './deliver-queue.ts'
import type { InvgateStatus } from './invgate/contract.ts'

/** Where an incident was last seen to stand; `gone` when InvGate no longer knows of it. */
export const seenStatuses = [
  'new',
  'open',
  'pending',
  'pending/customer',
  'solved',
  'closed',
  'cancelled',
  'gone',
] as const
export type SeenStatus = (typeof seenStatuses)[number]

export function seenOf({ status, pendingReason }: InvgateStatus): SeenStatus {
  return status === 'pending' && pendingReason === 'customer' ? 'pending/customer' : status
}

const AFTER: Readonly<Record<DeliveredMove, SeenStatus>> = {
  cancelled: 'cancelled',
  open: 'open',
  waiting_for_customer: 'pending/customer',
  solved: 'solved',
  accepted: 'closed',
  not_accepted: 'open',
}

/** Where an incident stands once InvGate has done a move of ours. */
export function seenAfter(move: DeliveredMove): SeenStatus {
  return AFTER[move]
}

export const GONE_TEXT = 'InvGate no longer knows of this request'
