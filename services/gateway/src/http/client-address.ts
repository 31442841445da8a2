import { isIPv6 } from 'node:net'

const mappedIPv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/**
 * What counts as one client where things are limited by address: an IPv4 address, or the /64 network of an IPv6 one, for
 * that is what a single machine is given.
 */
export function clientOf(address: string): string {
  // Most requests: they need not be matched with what an IPv6 address may look like.
  if (!address.includes(':')) return address
  const mapped = mappedIPv4.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail] = (address.split('%', 1)[0] as string).split('::')
  const first = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const last = tail === '' ? [] : tail.split(':')
    while (first.length + last.length < 8) first.push('0')
    first.push(...last)
  }
  return `${first
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
