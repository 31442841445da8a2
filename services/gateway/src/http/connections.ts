import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import proxyAddresses from '@fastify/proxy-addr'
import { clientOf } from './client-address.ts'
import { limitPlaces } from './places.ts'

export type ConnectionOptions = {
  /** Connections open at the same time. */
  readonly connections: number
  /** Those of one address, unless it is that of a trusted proxy; 0: no limit. */
  readonly connectionsPerAddress: number
  /** Whose `X-Forwarded-*` headers count. */
  readonly trustProxy: boolean | string
}

const body = '{"error":{"code":"rate_limited","message":"Too many connections from this address."}}'
const refusal = [
  'HTTP/1.1 429 Too Many Requests',
  'Retry-After: 5',
  'Content-Type: application/json',
  `Content-Length: ${body.length}`,
  'Connection: close',
  '',
  body,
].join('\r\n')

/**
 * Bounds open connections. One that is too much for its address is answered at once and closed: nothing was asked yet,
 * so no API can answer in its own shape.
 */
export function limitConnections(server: Server, options: ConnectionOptions): void {
  server.maxConnections = options.connections
  const isProxy = proxyTest(options.trustProxy)
  const perAddress = limitPlaces(options.connectionsPerAddress)
  server.prependListener('connection', (socket: Socket) => {
    const { remoteAddress } = socket
    if (remoteAddress === undefined || isProxy(remoteAddress)) return
    const client = clientOf(remoteAddress)
    if (perAddress.take(client)) socket.once('close', () => perAddress.leave(client))
    else {
      socket.write(refusal)
      socket.destroySoon()
    }
  })
}

/** Everybody comes over the address of a proxy, so it is no client. */
function proxyTest(trustProxy: boolean | string): (address: string) => boolean {
  if (typeof trustProxy === 'boolean') return () => trustProxy
  const trusts = proxyAddresses.compile(trustProxy.split(',').map(name => name.trim()))
  return address => trusts(address, 0)
}
