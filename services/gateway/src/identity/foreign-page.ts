import type { FastifyRequest } from 'fastify'

/**
 * Whether a page of another origin had a browser send a request. Browsers say so themselves (`Sec-Fetch-Site`), older ones
 * only name the origin, which is held against the address of the platform, or what was asked for. Programs send neither.
 * @param baseUrl address of the platform, as links have it
 */
export function isFromForeignPage({ headers, host }: FastifyRequest, baseUrl: string): boolean {
  const site = headers['sec-fetch-site']
  if (site === 'same-origin' || site === 'none') return false
  const { origin } = headers
  if (origin === undefined) return site !== undefined
  if (!URL.canParse(origin)) return true
  const from = new URL(origin)
  // Behind a proxy that ends TLS and is not trusted, the scheme is not known.
  return from.origin !== new URL(baseUrl).origin && from.host !== host
}
