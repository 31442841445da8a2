import type { FastifyInstance } from 'fastify'

const uncached = {
  'cache-control': 'no-cache, no-store, max-age=0, must-revalidate',
  pragma: 'no-cache',
  expires: '0',
}
const methods = 'GET, HEAD, POST, PUT, DELETE, OPTIONS'
const exposed = 'Allow, Content-Disposition, Content-Length, Content-Range, ETag, Last-Modified, Location, Retry-After'

/** Headers of every answer: nothing is kept by caches unless a file's origin allows it, and all scripts may call. */
export function addHeaders(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (!reply.hasHeader('cache-control') && !reply.hasHeader('expires')) reply.headers(uncached)
    if (request.headers.origin !== undefined) {
      reply.header('access-control-allow-origin', '*')
      reply.removeHeader('access-control-allow-credentials')
      reply.header('access-control-expose-headers', exposed)
      const asked = request.headers['access-control-request-headers']
      if (request.method === 'OPTIONS' && 'access-control-request-method' in request.headers) {
        reply.header('access-control-allow-methods', methods)
        reply.header('access-control-allow-headers', asked ?? '*')
      }
    }
    done(null, payload)
  })
}
