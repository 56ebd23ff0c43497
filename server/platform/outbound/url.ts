import { isIP } from 'node:net'
import { type AddressRules, isAllowedAddress } from './address.ts'

/** Understands where a request may go: http or https, no user and password. Null for anything else. */
export function parseOutboundUrl(text: string): URL | null {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null
  // A bare `@` leaves both empty, and still is nothing that an address has.
  if (url.username !== '' || url.password !== '' || /^[^/?#]*:[/\\]*[^/\\?#]*@/.test(text.trim())) return null
  url.hash = ''
  return url
}

/** The name or the numeric address in a URL, as resolvers and sockets want it; every spelling of IPv4 is four numbers. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

/** Whether the URL itself names an address that is refused. Of a name only connecting can tell. */
export function namesRefusedAddress(url: URL, rules: AddressRules): boolean {
  const host = hostOf(url)
  return isIP(host) !== 0 && !isAllowedAddress(host, rules)
}
