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
never.addAddress('168.63.129.16', 'ipv4')
never.addAddress('::', 'ipv6')
never.addSubnet('fe80::', 10, 'ipv6')
never.addSubnet('ff00::', 8, 'ipv6')
never.addSubnet('fd00:ec2::', 32, 'ipv6')
never.addAddress('fd20:ce::254', 'ipv6')

const internal = new BlockList()
internal.addSubnet('10.0.0.0', 8, 'ipv4')
internal.addSubnet('100.64.0.0', 10, 'ipv4')
internal.addSubnet('127.0.0.0', 8, 'ipv4')
internal.addSubnet('172.16.0.0', 12, 'ipv4')
internal.addSubnet('192.0.0.0', 24, 'ipv4')
internal.addSubnet('192.168.0.0', 16, 'ipv4')
internal.addSubnet('198.18.0.0', 15, 'ipv4')
internal.addAddress('::1', 'ipv6')
internal.addSubnet('fc00::', 7, 'ipv6')
internal.addSubnet('fec0::', 10, 'ipv6')
internal.addSubnet('64:ff9b:1::', 48, 'ipv6')

export type GuardOptions = {
  /** Let private and loopback addresses through. */
  readonly allowInternal: boolean
}

/**
 * Says why an address must not be connected to, or undefined if it may. IPv6 addresses that lead to an IPv4 one, by a
 * translation or through a tunnel (`::ffff:169.254.169.254`, `64:ff9b::a9fe:a9fe`, `2002:a9fe:a9fe::`), count as both.
 */
export function forbiddenAddress(address: string, { allowInternal }: GuardOptions): string | undefined {
  if (isIP(address) === 0) return `${address} is not an IP address`
  const reached = [address, ...embeddedIpv4(address)]
  if (isAmong(never, reached)) return `connections to ${address} are not allowed`
  if (!allowInternal && isAmong(internal, reached))
    return `connections to the private address ${address} are not allowed`
  return undefined
}

const isAmong = (list: BlockList, addresses: readonly string[]): boolean =>
  addresses.some(address => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'))

const translated = new BlockList()
// Compatible (RFC 4291), mapped, translated (RFC 2765), and NAT64 (RFC 6052, 8215): IPv4 in the last 32 bits.
translated.addSubnet('::', 96, 'ipv6')
translated.addSubnet('::ffff:0:0', 96, 'ipv6')
translated.addSubnet('::ffff:0:0:0', 96, 'ipv6')
translated.addSubnet('64:ff9b::', 96, 'ipv6')
translated.addSubnet('64:ff9b:1::', 48, 'ipv6')

/** IPv4 addresses that an IPv6 one holds and may lead to. */
function embeddedIpv4(address: string): string[] {
  if (isIP(address) !== 6) return []
  const groups = groupsOf(address)
  const at = (index: number, mask = 0) => {
    const pair = [groups[index] ?? 0, groups[index + 1] ?? 0].map(group => group ^ mask)
    return pair.flatMap(group => [group >> 8, group & 255]).join('.')
  }
  // `::` and `::1` are no IPv4 addresses, and have rules of their own.
  if (groups.slice(0, 7).every(group => group === 0) && (groups[7] ?? 0) < 2) return []
  if (translated.check(address, 'ipv6')) return [at(6)]
  // 6to4.
  if (groups[0] === 0x2002) return [at(1)]
  // Teredo: the server, and the client with its bits turned round.
  if (groups[0] === 0x2001 && groups[1] === 0) return [at(2), at(6, 0xffff)]
  // ISATAP, under any network.
  if (groups[5] === 0x5efe && [0, 0x200].includes(groups[4] ?? -1)) return [at(6)]
  return []
}

/** The eight groups of 16 bits of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [bare = ''] = address.split('%')
  const plain = bare.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_text, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  const [head = [], tail] = plain.split('::').map(half => (half === '' ? [] : half.split(':')))
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length
  return [...head, ...Array<string>(zeros).fill('0'), ...(tail ?? [])].map(group => Number.parseInt(group, 16))
}
