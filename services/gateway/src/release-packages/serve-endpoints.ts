import { failure, type InputOf, type Operation } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { sendAnswerOf } from '../api/answers.ts'
import { callOptions } from '../api/api-options.ts'
import { allowOf, isPreflight, methodOf, servePath } from '../api/serve-path.ts'
import { authenticate, requireAudience } from './authentication.ts'
import type { Endpoint, EndpointCall, Method } from './endpoint.ts'
import type { ReleasePackagesOptions } from './options.ts'
import { pathParameters } from './path-ids.ts'

const limits = { readMs: 15_000, writeMs: 30_000 }

/** Hangs endpoints in: each path with and without the slash at its end, and with an answer to every method. */
export function serveEndpoints(
  app: FastifyInstance,
  endpoints: readonly Endpoint[],
  options: ReleasePackagesOptions,
): void {
  for (const [path, ofPath] of Map.groupBy(endpoints, endpoint => endpoint.path)) {
    const byMethod = new Map(ofPath.map(endpoint => [endpoint.method, endpoint]))
    const allow = allowOf(byMethod.keys())
    const guarded = ofPath.filter(({ guardsOptions }) => guardsOptions)
    servePath(app, path, {
      missing: notFound,
      async handler(request, reply) {
        const asksBefore = isPreflight(request)
        const baseUrl = options.baseUrlOf(request)
        const caller = asksBefore ? null : await authenticate(request, options.authenticator, baseUrl)
        if (request.method === 'OPTIONS') {
          if (!asksBefore) for (const { audience } of guarded) requireAudience(caller, audience)
          return reply.code(200).headers({ allow, 'content-length': '0' }).send()
        }
        const endpoint = byMethod.get(methodOf(request) as Method)
        if (!endpoint) {
          reply.header('allow', allow)
          throw failure('method_not_allowed', `Request method '${request.method}' is not supported`)
        }
        requireAudience(caller, endpoint.audience)
        if (endpoint.changes && request.method === 'HEAD') return reply.code(200).send()
        const { operation, answer = answerOfOperation } = endpoint
        const effect = operation?.effect ?? (endpoint.method === 'GET' ? 'read' : 'write')
        const call = await callOptions(options, request, caller, { effect }, limits)
        return answer({ request, reply, caller, parameters: pathParameters(request), call, options }, endpoint)
      },
    })
  }
}

export const notFound = () => failure('not_found', 'Not Found')

/** Passes what the endpoint takes from a request on to its operation, and the answer back. */
export function answerOfOperation(endpointCall: EndpointCall, { operation, input }: Endpoint): Promise<FastifyReply> {
  if (!operation) throw failure('internal', `nothing answers ${endpointCall.request.url}`)
  return sendAnswer(endpointCall, operation, { ...endpointCall.parameters, ...input?.(endpointCall.request) })
}

/** Sends the answer of an operation as it comes. */
export function sendAnswer<Op extends Operation>(
  { request, reply, call, options: { bus } }: EndpointCall,
  operation: Op,
  input: InputOf<Op>,
): Promise<FastifyReply> {
  return sendAnswerOf(bus, operation, input, call, request, reply)
}
