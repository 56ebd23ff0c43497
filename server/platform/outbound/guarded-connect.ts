import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { type AddressRules, isAllowedAddress } from './address.ts'
import { OutboundFailure } from './failure.ts'

export type Resolved = { readonly address: string; readonly family: number }

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<readonly Resolved[]>

/** As this machine resolves names, its hosts file included. */
export const systemResolve: Resolve = async (name) => await lookup(name, { all: true })

type ConnectParts = AddressRules & { readonly resolve: Resolve; readonly timeoutMs: number }

/**
 * Connects only to addresses that are allowed. A name is resolved once, and the socket gets the very addresses that
 * were looked at, so a name that resolves to something else a moment later gains nothing (DNS rebinding). One bad
 * address spoils the name. TLS still asks for, and checks, the name.
 */
export function createGuardedConnect({
  allowPrivate,
  resolve,
  timeoutMs,
}: ConnectParts): buildConnector.connector {
  const connect = buildConnector({
    allowH2: false,
    maxCachedSessions: 0,
    timeout: timeoutMs,
    autoSelectFamily: true,
    lookup: guardLookup({ allowPrivate, resolve }),
  })
  return (options, callback) => {
    const host = options.hostname.replace(/^\[(.*)\]$/, '$1')
    // For a numeric address no socket asks the lookup.
    if (isIP(host) !== 0 && !isAllowedAddress(host, { allowPrivate })) callback(refusedAddress(), null)
    else connect({ ...options, hostname: host }, callback)
  }
}

function guardLookup(parts: AddressRules & { readonly resolve: Resolve }): LookupFunction {
  return (name, { all = false }, callback) => {
    void (async () => {
      const [first, ...others] = await findAllowed(name, parts)
      if (first instanceof Error) callback(first, '', 0)
      else if (all) callback(null, [first, ...others])
      else callback(null, first.address, first.family)
    })()
  }
}

type Found = readonly [Resolved, ...Resolved[]] | readonly [Error]

async function findAllowed(
  name: string,
  { allowPrivate, resolve }: AddressRules & { readonly resolve: Resolve },
): Promise<Found> {
  try {
    const [first, ...others] = await resolve(name)
    if (first === undefined) return [new OutboundFailure('unreachable', 'the name has no address')]
    const isAllowed = [first, ...others].every(({ address }) => isAllowedAddress(address, { allowPrivate }))
    return isAllowed ? [first, ...others] : [refusedAddress()]
  } catch (error) {
    return [error instanceof Error ? error : new Error(String(error))]
  }
}

function refusedAddress(): OutboundFailure {
  return new OutboundFailure('refused_address', 'the address is not one of the public internet')
}
