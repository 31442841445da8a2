import { failure } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'

const hostPattern = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i

/**
 * Makes the function that says under which address the platform is reached, without a slash at its end; links in
 * answers start with it. It is the configured one, or else scheme and host of the request (of the proxy in front, where
 * proxies are trusted).
 * The function throws `malformed` for a `Host` that is none: it would end up in links.
 */
export function baseUrlReader(publicUrl: string | undefined): (request: FastifyRequest) => string {
  if (publicUrl !== undefined) {
    const fixed = publicUrl.replace(/\/+$/, '')
    return () => fixed
  }
  return request => {
    const host = request.host || `localhost:${request.socket.localPort}`
    if (!hostPattern.test(host)) throw failure('malformed', 'Invalid Host header.')
    return `${request.protocol}://${host}`
  }
}
