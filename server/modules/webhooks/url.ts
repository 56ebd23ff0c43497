import { namesRefusedAddress, parseOutboundUrl } from '#platform/outbound/url'
import { refuseField } from './errors.ts'

export type UrlRules = {
  readonly production: boolean
  readonly allowPrivate: boolean
}

/** The address in its one spelling, or a refusal. What a name leads to shows only when connecting. */
export function readUrl(text: string, { production, allowPrivate }: UrlRules): string {
  const url = parseOutboundUrl(text)
  if (url === null) throw refuseField('/url', 'invalid_url')
  if (production && !allowPrivate && url.protocol !== 'https:') throw refuseField('/url', 'https_required')
  if (namesRefusedAddress(url, { allowPrivate })) throw refuseField('/url', 'refused_address')
  return url.href
}
