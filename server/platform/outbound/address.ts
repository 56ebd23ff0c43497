import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Which addresses may be connected to on behalf of somebody else: those of the public internet and no other. */

type Subnet = readonly [network: string, prefix: number]

/** Where a company's own servers stand, and this machine itself. */
const PRIVATE_V4: readonly Subnet[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
]
const PRIVATE_V6: readonly Subnet[] = [
  ['::1', 128],
  ['fc00::', 7],
]

/** Where no receiver can be: this network, link-local, protocols, documentation, benchmarks, multicast, reserved (RFC 6890). */
const SPECIAL_V4: readonly Subnet[] = [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]
/** Those within global unicast; Teredo and 6to4 among them, which carry an IPv4 address. */
const SPECIAL_V6: readonly Subnet[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

/** Machines in the cloud are told secrets at these, some of which look public or private. */
const METADATA_V4: readonly Subnet[] = [
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
]
const METADATA_V6: readonly Subnet[] = [
  ['fd00:ec2::', 32],
  ['fd20:ce::', 64],
]

/** Mapped addresses and the well-known prefix of NAT64, in which any IPv4 address may hide. */
const EMBEDDING: readonly string[] = ['::ffff:', '64:ff9b::']

const privateAddresses = listOf(PRIVATE_V4, PRIVATE_V6)
const neverAllowed = listOf([...SPECIAL_V4, ...METADATA_V4], [...SPECIAL_V6, ...METADATA_V6])
/** What is global unicast, or as good as the IPv4 address in it; all other IPv6 addresses are something special. */
const ordinaryV6 = listOf([], [['2000::', 3], ...EMBEDDING.map((prefix): Subnet => [`${prefix}0.0.0.0`, 96])])

export type AddressRules = {
  /** Private, shared, unique-local and loopback addresses as well; what is special stays refused. */
  readonly allowPrivate: boolean
}

/** Whether a numeric address, as a resolver answers it, may be connected to. Anything else is refused. */
export function isAllowedAddress(address: string, { allowPrivate }: AddressRules): boolean {
  // A zone names an interface of this machine.
  if (address.includes('%')) return false
  if (isIPv4(address)) {
    return !neverAllowed.check(address) && (allowPrivate || !privateAddresses.check(address))
  }
  if (!isIPv6(address) || neverAllowed.check(address, 'ipv6')) return false
  if (privateAddresses.check(address, 'ipv6')) return allowPrivate
  return ordinaryV6.check(address, 'ipv6')
}

function listOf(v4: readonly Subnet[], v6: readonly Subnet[]): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of v4) {
    list.addSubnet(network, prefix, 'ipv4')
    for (const embedding of EMBEDDING) list.addSubnet(`${embedding}${network}`, 96 + prefix, 'ipv6')
  }
  for (const [network, prefix] of v6) list.addSubnet(network, prefix, 'ipv6')
  return list
}
