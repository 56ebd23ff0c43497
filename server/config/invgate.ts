import * as forms from './forms.ts'
import type { Reader } from './reader.ts'

const id = forms.wholeNumber({ min: 1, max: 2_147_483_647 })

/** The service desk that tickets are kept in step with, or null for a desk of our own only (D4). */
export function readInvgate({ read, refuse, spelling, warnings }: Reader) {
  const baseUrl = read('INVGATE_BASE_URL', forms.baseUrl, null)
  const username = read('INVGATE_USERNAME', forms.secret(), null)
  const password = read('INVGATE_PASSWORD', forms.secret(), null)
  const clientId = read('INVGATE_CLIENT_ID', forms.secret(), null)
  const clientSecret = read('INVGATE_CLIENT_SECRET', forms.secret(), null)
  const options = {
    mode: read('INVGATE_MODE', forms.oneOf(['sync', 'deferred']), 'sync' as const),
    dialect: read(
      'INVGATE_DIALECT',
      forms.oneOf(['service-management', 'simple']),
      'service-management' as const,
    ),
    allowPrivate: read('INVGATE_ALLOW_PRIVATE', forms.boolean, false),
    requestsPerSecond: read('INVGATE_REQUESTS_PER_SECOND', forms.wholeNumber({ min: 1, max: 1_000 }), 3),
    pollSeconds: read('INVGATE_POLL_SECONDS', forms.wholeNumber({ min: 1, max: 86_400 }), 15),
    place: {
      companyId: read('INVGATE_COMPANY_ID', id, null),
      groupId: read('INVGATE_GROUP_ID', id, null),
    },
  }
  if (spelling('ARMMADA_PAGE_KEY') !== null)
    warnings.push('ARMMADA_PAGE_KEY is ignored: sent on the first page it would skip the first tickets')
  if (spelling('INVGATE_BASE_URL') === null) {
    if ((username ?? password ?? clientId ?? clientSecret) !== null)
      warnings.push('INVGATE_BASE_URL is not set: tickets stay here, and the sign-in for InvGate is not used')
    return null
  }

  const basic = { first: 'INVGATE_USERNAME', second: 'INVGATE_PASSWORD' }
  const oauth = { first: 'INVGATE_CLIENT_ID', second: 'INVGATE_CLIENT_SECRET' }
  const begun = [basic, oauth].filter(({ first, second }) => (spelling(first) ?? spelling(second)) !== null)
  if (begun.length === 0)
    refuse(
      'INVGATE_BASE_URL',
      `needs ${basic.first} and ${basic.second}, or ${oauth.first} and ${oauth.second}`,
    )
  if (begun.length === 2) refuse(oauth.first, `expected either this or ${basic.first}, not both`)
  for (const { first, second } of begun) {
    if (spelling(first) === null) refuse(first, `is needed with ${spelling(second)}`)
    if (spelling(second) === null) refuse(second, `is needed with ${spelling(first)}`)
  }
  if (baseUrl === null) return null
  if (username !== null && password !== null)
    return { baseUrl, ...options, credentials: { kind: 'basic' as const, username, password } }
  if (clientId !== null && clientSecret !== null)
    return { baseUrl, ...options, credentials: { kind: 'oauth2' as const, clientId, clientSecret } }
  return null
}
