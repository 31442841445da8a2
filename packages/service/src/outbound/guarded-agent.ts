import { lookup as resolve } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, buildConnector } from 'undici'
import { forbiddenAddress, type GuardOptions } from './guard.ts'

export type GuardedAgentOptions = GuardOptions & {
  /** Milliseconds to connect, the look-up of the name included. */
  readonly connectTimeoutMs: number
}

const guardCode = 'SLIPWAY_GUARD'

/**
 * Connections to addresses that users gave us, kept alive between requests. The guard looks at the address of every
 * connection when it is made, so that no name can be rebound past it.
 */
export function createGuardedAgent({ connectTimeoutMs, ...guard }: GuardedAgentOptions): Agent {
  const guardedLookup: LookupFunction = (hostname, lookupOptions, callback) => {
    resolve(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const refusal = addresses.map(({ address }) => forbiddenAddress(address, guard)).find(Boolean)
      if (refusal) return callback(guardError(refusal), '', 0)
      const first = addresses[0]
      return lookupOptions.all ? callback(null, addresses) : callback(null, first?.address ?? '', first?.family)
    })
  }
  const connect = buildConnector({ timeout: connectTimeoutMs, lookup: guardedLookup })
  return new Agent({
    // A literal address is never looked up, so it is checked here.
    connect: (target, callback) => {
      const host = target.hostname.replace(/^\[|\]$/g, '')
      const refusal = isIP(host) ? forbiddenAddress(host, guard) : undefined
      if (refusal) callback(guardError(refusal), null)
      else connect(target, callback)
    },
    connections: null,
    pipelining: 1,
    keepAliveTimeout: 10_000,
  })
}

/** True for the error of a request whose connection the guard refused; its message says why, and names the address. */
export function isGuardError(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === guardCode
}

function guardError(message: string): Error {
  return Object.assign(new Error(message), { code: guardCode })
}
