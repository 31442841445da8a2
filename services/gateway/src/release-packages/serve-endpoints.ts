import { Readable } from 'node:stream'
import { failure, type InputOf, type Operation } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { commandIdOf } from '../http/command-id.ts'
import { hasEmptyParameter } from '../http/empty-parameter.ts'
import { traceparentOf } from '../http/trace.ts'
import { authenticate, requireAudience } from './authentication.ts'
import type { Endpoint, EndpointCall, Method } from './endpoint.ts'
import type { ReleasePackagesOptions } from './options.ts'
import { pathParameters } from './path-ids.ts'

/** All methods that the router knows: those that a path lacks are answered with 405. */
const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']
const readMs = 15_000
const writeMs = 30_000

/** Hangs endpoints in: each path with and without the slash at its end, and with an answer to every method. */
export function serveEndpoints(
  app: FastifyInstance,
  endpoints: readonly Endpoint[],
  options: ReleasePackagesOptions,
): void {
  for (const [path, ofPath] of Map.groupBy(endpoints, endpoint => endpoint.path)) {
    const byMethod = new Map(ofPath.map(endpoint => [endpoint.method, endpoint]))
    const allow = [...byMethod.keys(), ...(byMethod.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
    const guarded = ofPath.filter(({ guardsOptions }) => guardsOptions)
    for (const url of [path, `${path}/`]) {
      app.route({
        method: allMethods,
        url,
        async handler(request, reply) {
          if (hasEmptyParameter(request)) throw notFound()
          const baseUrl = options.baseUrlOf(request)
          const isOptions = request.method === 'OPTIONS'
          const caller = isPreflight(request) ? null : await authenticate(request, options.authenticator, baseUrl)
          if (isOptions) {
            if (!isPreflight(request)) for (const { audience } of guarded) requireAudience(caller, audience)
            return reply.code(200).headers({ allow, 'content-length': '0' }).send()
          }
          const endpoint = byMethod.get((request.method === 'HEAD' ? 'GET' : request.method) as Method)
          if (!endpoint) {
            reply.header('allow', allow)
            throw failure('method_not_allowed', `Request method '${request.method}' is not supported`)
          }
          requireAudience(caller, endpoint.audience)
          if (endpoint.changes && isHead(request)) return reply.code(200).send()
          const { operation, answer = answerOfOperation } = endpoint
          const isWrite = operation ? operation.effect === 'write' : endpoint.method !== 'GET'
          const call = {
            identity: await caller?.identityToken(),
            baseUrl,
            traceparent: traceparentOf(request),
            timeoutMs: isWrite ? writeMs : readMs,
            commandId: isWrite ? commandIdOf(request, caller?.identity ?? null) : undefined,
          }
          return answer({ request, reply, caller, parameters: pathParameters(request), call, options }, endpoint)
        },
      })
    }
  }
}

export const notFound = () => failure('not_found', 'Not Found')

/** Passes what the endpoint takes from a request on to its operation, and the answer back. */
export function answerOfOperation(endpointCall: EndpointCall, { operation, input }: Endpoint): Promise<FastifyReply> {
  if (!operation) throw failure('internal', `nothing answers ${endpointCall.request.url}`)
  const given = { ...endpointCall.parameters, ...input?.(endpointCall.request) }
  return sendAnswer(endpointCall, operation, given as never)
}

/** Sends the answer of an operation: status, headers and bytes as they come, never parsed. */
export async function sendAnswer<Op extends Operation>(
  { request, reply, call, options: { bus } }: EndpointCall,
  operation: Op,
  input: InputOf<Op>,
): Promise<FastifyReply> {
  if (operation.flow !== 'streamed-answer') {
    const { status, headers, body } = await bus.request(operation, input, call)
    return sendBytes(reply, status, headers, body)
  }
  const answer = await bus.openStream(operation, input, call)
  reply.code(answer.status).headers(answer.headers)
  if (answer.status !== 200 && answer.status !== 206) {
    answer.cancel()
    return reply.send()
  }
  if (!reply.hasHeader('content-type')) reply.header('content-type', 'application/json')
  if (!isHead(request)) return reply.send(Readable.from(answer.body, { objectMode: false }))
  answer.cancel()
  return reply.send()
}

/** Browsers ask these before a request, and never with credentials. */
const isPreflight = ({ method, headers }: FastifyRequest) =>
  method === 'OPTIONS' && headers.origin !== undefined && 'access-control-request-method' in headers

const isHead = ({ method }: FastifyRequest) => method === 'HEAD'

/** Answers without a body have status 200 in this API, not 204. */
export function sendBytes(
  reply: FastifyReply,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): FastifyReply {
  reply.code(status).headers(headers)
  if (body.length === 0) return reply.header('content-length', '0').send()
  if (!reply.hasHeader('content-type')) reply.header('content-type', 'application/json')
  return reply.send(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
}
