import { type Call, may } from '#platform/call'

/**
 * What tells of accounts and of access: sign-ins, roles, tokens, and the addresses that events are sent to. Only those
 * who administer accounts read it.
 */
const AUDITED = ['user.', 'session.', 'api_token.', 'webhook.'] as const

/** What tells of tickets, with the words of their customers: only those read it who may read any ticket. */
const DESK = ['ticket.', 'ticket_group.', 'canned_reply.', 'sla_policy.', 'business_calendar.'] as const

/** What tells of tasks: a task is for its owner and who it was given to, so only those read it who may read any. */
const TASKS = ['task.'] as const

/** What tells of orders, with who bought them, and of what was paid for them. */
const SALES = ['order_', 'payment.'] as const

/** What tells of production, and of what is waited for. */
const PRODUCTION = ['work_order.', 'work_bill.', 'product_demand.'] as const

/** Each is told to those who may read its records at their own place. */
const GUARDED = [
  { permission: 'users:write', prefixes: AUDITED },
  { permission: 'tickets:read_any', prefixes: DESK },
  { permission: 'tasks:read_any', prefixes: TASKS },
  { permission: 'transactions:read_any', prefixes: SALES },
  { permission: 'workorders:read', prefixes: PRODUCTION },
  { permission: 'workorders:write', prefixes: ['work_schedule.'] },
  { permission: 'stock:read', prefixes: ['product.stock_'] },
] as const

/** What would fill a timeline without saying anything of the record. */
const UNTOLD = ['notification.'] as const

export function isTold(type: string): boolean {
  return !UNTOLD.some((prefix) => type.startsWith(prefix))
}

export type Selection = {
  /** Prefixes of types; none for all. */
  readonly only: readonly string[]
  readonly without: readonly string[]
  /** Also what was told of a product while it was hidden. */
  readonly hidden: boolean
}

/** Prefixes of the types that tell of accounts and access, for those who administer them. */
export function selectAudited(): Selection {
  return { only: AUDITED, without: [], hidden: true }
}

/** What a reader is shown in a timeline. */
export function selectTypes(call: Call): Selection {
  const guarded = GUARDED.filter(({ permission }) => !may(call, permission))
  return {
    only: [],
    without: [...UNTOLD, ...guarded.flatMap(({ prefixes }) => prefixes)],
    hidden: may(call, 'products:write'),
  }
}
