import type { FastifyInstance } from 'fastify'

export type CorsOptions = {
  /**
   * `*` for all, which may then send no credentials that the browser has; `*.example.org` for a domain with everything
   * below it, in any scheme; else whole origins.
   */
  readonly origins: readonly string[]
  /** Whether all origins may send credentials, too: for development only. */
  readonly trustsAll: boolean
  readonly methods: readonly string[]
  /** Request headers that scripts may set. */
  readonly requestHeaders: readonly string[]
  /** Response headers that scripts may read, beyond those that every script may. */
  readonly responseHeaders: readonly string[]
}

/** Seconds that browsers remember the answer to a preflight. */
const preflightAge = 86_400

/**
 * Answers preflights on every path, also on those that do not exist, and marks answers to allowed origins as readable,
 * credentials included where the origin is one that was named. Plain OPTIONS requests pass through: they belong to the API that is asked, which is why this is
 * not the plugin of the framework, which takes every OPTIONS request for a preflight.
 */
export function addCors(app: FastifyInstance, options: CorsOptions): void {
  const isAllowed = originTest(options.origins)
  const isTrusted = options.trustsAll ? () => true : originTest(options.origins.filter(pattern => pattern !== '*'))
  const preflightHeaders = {
    'access-control-allow-methods': options.methods.join(', '),
    'access-control-allow-headers': options.requestHeaders.join(', '),
    'access-control-max-age': String(preflightAge),
  }
  const exposed = options.responseHeaders.join(', ')

  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    if (origin === undefined) return done()
    const allowed = isAllowed(origin)
    reply.header('vary', 'Origin')
    if (allowed) {
      reply.header('access-control-allow-origin', origin)
      if (isTrusted(origin)) reply.header('access-control-allow-credentials', 'true')
      reply.header('access-control-expose-headers', exposed)
    }
    const isPreflight = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers
    if (!isPreflight) return done()
    if (allowed) reply.headers(preflightHeaders)
    reply.code(200).header('content-length', '0').send()
  })
}

/** Tells whether an `Origin` header matches one of the patterns. */
export function originTest(patterns: readonly string[]): (origin: string) => boolean {
  if (patterns.includes('*')) return () => true
  const tests = patterns.map(pattern => {
    if (!pattern.startsWith('*.')) return (origin: string) => origin.toLowerCase() === pattern.toLowerCase()
    const domain = pattern.slice(2).replaceAll('.', '\\.')
    const expression = new RegExp(`^(?:[a-z][a-z0-9+.-]*://)?(?:[a-z0-9-]+\\.)*${domain}$`, 'i')
    return (origin: string) => expression.test(origin)
  })
  return origin => tests.some(test => test(origin))
}
