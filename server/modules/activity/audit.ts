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

const GUARDED = [
  { permission: 'users:write', prefixes: AUDITED },
  { permission: 'tickets:read_any', prefixes: DESK },
  { permission: 'tasks:read_any', prefixes: TASKS },
] as const

/** What would fill a timeline without saying anything of the record. */
const UNTOLD = ['notification.'] as const

export function isTold(type: string): boolean {
  return !UNTOLD.some((prefix) => type.startsWith(prefix))
}

export type Selection = { readonly only: readonly string[]; readonly without: readonly string[] }

/** Prefixes of the types that tell of accounts and access, for those who administer them. */
export function selectAudited(): Selection {
  return { only: AUDITED, without: [] }
}

/** Prefixes of the types that a reader is not shown in a timeline. */
export function selectTypes(call: Call): Selection {
  const hidden = GUARDED.filter(({ permission }) => !may(call, permission))
  return { only: [], without: [...UNTOLD, ...hidden.flatMap(({ prefixes }) => prefixes)] }
}
