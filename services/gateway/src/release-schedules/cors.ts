import type { FastifyInstance } from 'fastify'

const methods = 'DELETE, GET, OPTIONS, PATCH, POST, PUT'
const requestHeaders = 'x-requested-with, content-type, accept, origin, authorization, x-csrftoken, pdc-change-comment'

/**
 * Scripts of every origin may call this API, whatever the rest of the platform allows. Credentials that the browser has are
 * for origins that the platform knows; a token in a header is none of these.
 */
export function allowAllOrigins(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const { origin } = request.headers
    if (origin !== undefined) {
      reply.header('access-control-allow-origin', origin)
      if (request.method === 'OPTIONS' && 'access-control-request-method' in request.headers) {
        reply.header('access-control-allow-methods', methods)
        reply.header('access-control-allow-headers', requestHeaders)
        reply.header('access-control-max-age', '86400')
      }
    }
    done(null, payload)
  })
}
