import type { FastifyInstance } from 'fastify'

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'
const requestHeaders = 'accept, authorization, compress, content-type, if-match, if-none-match, origin, range'
const responseHeaders = [
  ...['num_found', 'num_returned', 'offset', 'next', 'previous', 'pages', 'page_number', 'exportURL', 'lastUpdated'],
  ...['lastUpdatedTimezone', 'Last-Updated', 'Last-Updated-Timezone', 'Content-Disposition', 'Location'],
].join(', ')

/**
 * Scripts of every origin may call this API, and read the headers that it answers with. Credentials that the browser has are
 * for origins that the platform knows; a token in a header is none of these.
 */
export function allowAllOrigins(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const { origin } = request.headers
    if (origin !== undefined) {
      reply.header('access-control-allow-origin', origin)
      reply.header('access-control-expose-headers', responseHeaders)
      if (request.method === 'OPTIONS' && 'access-control-request-method' in request.headers) {
        reply.header('access-control-allow-methods', methods)
        reply.header('access-control-allow-headers', requestHeaders)
        reply.header('access-control-max-age', '86400')
      }
    }
    done(null, payload)
  })
}
