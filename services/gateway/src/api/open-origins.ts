import type { FastifyInstance } from 'fastify'
import { isPreflight } from './serve-path.ts'

export type OpenOriginsOptions = {
  readonly methods: string
  /** Request headers that scripts may set. Default: those that they ask for. */
  readonly requestHeaders?: string
  /** Response headers that scripts may read. */
  readonly responseHeaders?: string
  /**
   * `named`: the origin is answered, and may send the credentials that browsers have where the platform knows it.
   * `any`: `*`, and such credentials never count.
   */
  readonly origin: 'named' | 'any'
}

/** Seconds that browsers remember the answer to a preflight where the origin is named. */
const preflightAge = 86_400

/**
 * Scripts of every origin may call the API of a scope, whatever the rest of the platform allows, as its original lets
 * them. A token in a header is none of the credentials that a browser has by itself.
 */
export function openToAllOrigins(app: FastifyInstance, options: OpenOriginsOptions): void {
  const { methods, requestHeaders, responseHeaders, origin: shown } = options
  app.addHook('onSend', (request, reply, payload, done) => {
    const { origin } = request.headers
    if (origin === undefined) return done(null, payload)
    reply.header('access-control-allow-origin', shown === 'any' ? '*' : origin)
    if (shown === 'any') reply.removeHeader('access-control-allow-credentials')
    if (responseHeaders !== undefined) reply.header('access-control-expose-headers', responseHeaders)
    if (isPreflight(request)) {
      const asked = request.headers['access-control-request-headers'] ?? '*'
      reply.header('access-control-allow-methods', methods)
      reply.header('access-control-allow-headers', requestHeaders ?? asked)
      if (shown === 'named') reply.header('access-control-max-age', String(preflightAge))
    }
    done(null, payload)
  })
}
