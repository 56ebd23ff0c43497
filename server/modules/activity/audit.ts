/**
 * What tells of accounts and of access: sign-ins, roles, tokens, and the addresses that events are sent to. Only those
 * who administer accounts read it.
 */
const AUDITED = ['user.', 'session.', 'api_token.', 'webhook.'] as const

/** What would fill a timeline without saying anything of the record. */
const UNTOLD = ['notification.'] as const

export function isTold(type: string): boolean {
  return !UNTOLD.some((prefix) => type.startsWith(prefix))
}

export type Selection = { readonly only: readonly string[]; readonly without: readonly string[] }

/** Prefixes of the types that a reader is shown. */
export function selectTypes({ audit, mayAudit }: { audit: boolean; mayAudit: boolean }): Selection {
  if (audit) return { only: AUDITED, without: [] }
  return { only: [], without: mayAudit ? UNTOLD : [...UNTOLD, ...AUDITED] }
}
