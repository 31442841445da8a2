import { failure } from '@slipway/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { authenticate } from './authentication.ts'
import type { HandlerOptions } from './handler.ts'
import { requireJsonAccepted } from './negotiation.ts'
import { resources } from './resource.ts'
import { sendJson } from './send-json.ts'

const paths = [
  ...['auth/current-user', 'auth/token/obtain', 'auth/token/refresh'],
  ...resources.map(({ resource }) => resource.segment),
].sort()

/** `/rest_api/v1/`: where everything is, sorted. The command line client shows it when it is not told what to ask for. */
export function rootIndex({ authenticator, store, baseUrlOf }: HandlerOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    requireJsonAccepted(request.headers.accept)
    const caller = await authenticate(request, authenticator, store)
    if (request.method === 'OPTIONS') {
      return sendJson(reply, 200, {
        name: 'Api Root',
        description: 'The resources of this API',
        renders: ['application/json'],
        parses: [],
      })
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      if (!caller) throw failure('unauthenticated', 'Authentication credentials were not provided.')
      throw failure('method_not_allowed', `Method "${request.method}" not allowed.`)
    }
    const base = `${baseUrlOf(request)}/rest_api/v1/`
    return sendJson(reply, 200, Object.fromEntries(paths.map(path => [path, `${base}${path}/`])))
  }
}
