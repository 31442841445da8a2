import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** All methods that the router knows: those a resource lacks are answered with 405, not 404. */
const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']

/**
 * One path, with and without the slash at its end: the original redirects those without, and a client that follows turns
 * its POST into a GET.
 */
export function route(
  app: FastifyInstance,
  path: string,
  allow: string,
  handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>,
): void {
  for (const url of [path, `${path}/`]) {
    app.route({
      method: allMethods,
      url,
      onRequest(request, reply, done) {
        if ((request.params as { key?: string }).key === '') return reply.callNotFound()
        reply.header('allow', allow)
        done()
      },
      handler,
    })
  }
}
