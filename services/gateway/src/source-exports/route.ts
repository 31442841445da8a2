import { failure } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasEmptyParameter } from '../http/empty-parameter.ts'

/** All methods that the router knows: those a path lacks are answered with 405. */
const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']

export type RouteHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** One path, with and without the slash at its end: clients use both, and a redirected POST would lose its method. */
export function route(
  app: FastifyInstance,
  path: string,
  methods: readonly string[],
  handler: RouteHandler,
  /** Bytes of a body at most; default: the server's. */
  bodyLimit?: number,
): void {
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
  for (const url of [path, `${path}/`]) {
    app.route({
      method: allMethods,
      url,
      ...(bodyLimit !== undefined && { bodyLimit }),
      async handler(request, reply) {
        if (hasEmptyParameter(request)) throw failure('not_found', 'Not found.')
        reply.header('allow', allow)
        if (request.method === 'OPTIONS') return reply.code(200).header('content-length', '0').send()
        return handler(request, reply)
      },
    })
  }
}

export const methodNotAllowed = ({ method }: FastifyRequest) =>
  failure('method_not_allowed', `Method '${method}' not allowed.`)
