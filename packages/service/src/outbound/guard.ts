import { BlockList, isIP } from 'node:net'

/**
 * Addresses that no URL given by a user may lead to: link-local ones, where cloud metadata services live, and ones that
 * are no host at all. Private and loopback addresses stay reachable unless forbidden, because that is where the systems
 * of a release usually run.
 */
const never = new BlockList()
never.addSubnet('0.0.0.0', 8, 'ipv4')
never.addSubnet('169.254.0.0', 16, 'ipv4')
never.addSubnet('224.0.0.0', 4, 'ipv4')
never.addSubnet('240.0.0.0', 4, 'ipv4')
never.addAddress('100.100.100.200', 'ipv4')
never.addAddress('192.0.0.192', 'ipv4')
never.addAddress('::', 'ipv6')
never.addSubnet('fe80::', 10, 'ipv6')
never.addSubnet('ff00::', 8, 'ipv6')
never.addAddress('fd00:ec2::254', 'ipv6')
never.addAddress('fd20:ce::254', 'ipv6')

const internal = new BlockList()
internal.addSubnet('10.0.0.0', 8, 'ipv4')
internal.addSubnet('100.64.0.0', 10, 'ipv4')
internal.addSubnet('127.0.0.0', 8, 'ipv4')
internal.addSubnet('172.16.0.0', 12, 'ipv4')
internal.addSubnet('192.168.0.0', 16, 'ipv4')
internal.addAddress('::1', 'ipv6')
internal.addSubnet('fc00::', 7, 'ipv6')

export type GuardOptions = {
  /** Let private and loopback addresses through. */
  readonly allowInternal: boolean
}

/**
 * Says why an address must not be connected to, or undefined if it may. IPv4 addresses written as IPv6
 * (`::ffff:169.254.169.254`, `64:ff9b::a9fe:a9fe`) count as what they reach.
 */
export function forbiddenAddress(address: string, { allowInternal }: GuardOptions): string | undefined {
  const bare = embeddedIpv4(address) ?? address
  const family = isIP(bare) === 6 ? 'ipv6' : 'ipv4'
  if (isIP(bare) === 0) return `${address} is not an IP address`
  if (never.check(bare, family)) return `connections to ${address} are not allowed`
  if (!allowInternal && internal.check(bare, family))
    return `connections to the private address ${address} are not allowed`
  return undefined
}

function embeddedIpv4(address: string): string | undefined {
  const mapped = /^(?:::ffff:|64:ff9b::)(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i.exec(address)
  if (!mapped) return undefined
  if (mapped[1]) return mapped[1]
  const high = Number.parseInt(mapped[2] as string, 16)
  const low = Number.parseInt(mapped[3] as string, 16)
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
