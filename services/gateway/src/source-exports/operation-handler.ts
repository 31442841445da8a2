import { exportOperations, isFailure, type Operation, sourceVersionOperations } from '@slipway/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { queryParameters } from '../http/query.ts'
import { rawBodyOf } from '../http/raw-body.ts'
import type { Caller } from '../identity/authenticator.ts'
import { authenticate } from './authentication.ts'
import { readBody } from './body.ts'
import { callOptions, type SourceExportsOptions } from './caller-context.ts'
import { methodNotAllowed, type RouteHandler } from './route.ts'
import { sendAnswer } from './send.ts'
import type { Entry, Method } from './table.ts'

/** What the owner in the path means for operations; fails for users that are not there. */
export type OwnerReader = (request: FastifyRequest, caller: Caller | null) => Promise<Readonly<Record<string, unknown>>>

const bodies: readonly Operation['verb'][] = ['create', 'update']

/** Makes the handler of a path whose methods are operations of the exporter. */
export function operationHandler(
  options: SourceExportsOptions,
  { methods }: Entry,
  ownerOf: OwnerReader,
): RouteHandler {
  return async (request, reply) => {
    const caller = await authenticate(request, options.authenticator)
    const method = (request.method === 'HEAD' ? 'GET' : request.method) as Method
    const operation = methods[method]
    const { org, user, ...parameters } = request.params as Record<string, string>
    const owner = await ownerOf(request, caller)
    if (!operation) {
      // Whether there is such an export, and whether the caller may know of it, is told before the method is refused.
      if (methods.GET === exportOperations.get) await probe(request, caller, { ...owner, ...parameters })
      throw methodNotAllowed(request)
    }
    const input = { ...owner, ...parameters, ...(await inputOf(request, operation)) }
    return send(request, reply, caller, operation, input)
  }

  async function probe(request: FastifyRequest, caller: Caller | null, target: object): Promise<void> {
    const input = { ...target, head: true }
    const call = await callOptions(options, request, caller, exportOperations.get)
    const answer = await options.bus.openStream(exportOperations.get, input as never, call)
    answer.cancel()
  }

  async function send(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: Caller | null,
    operation: Operation,
    input: object,
  ): Promise<FastifyReply> {
    const call = await callOptions(options, request, caller, operation)
    if (operation === sourceVersionOperations.processing) {
      const processing = await options.bus.call(operation, input as never, call)
      return reply.type('text/plain; charset=utf-8').send(processing ? 'True' : 'False')
    }
    try {
      return await sendAnswer(options.bus, operation, input as never, call, request, reply)
    } catch (error) {
      // Of HEAD, which has no export, clients expect the bare status.
      if (isFailure(error, 'method_not_allowed')) return reply.code(405).send()
      throw error
    }
  }
}

/** What an operation takes from a request beside its path. */
async function inputOf(request: FastifyRequest, operation: Operation): Promise<object> {
  const { headers } = request
  if (operation.effect === 'read') {
    if (operation === exportOperations.get) return { ...conditionsOf(request), head: request.method === 'HEAD' }
    return { query: queryParameters(request) }
  }
  if (bodies.includes(operation.verb)) {
    return { body: await readBody(rawBodyOf(request)), ifMatch: headers['if-match'] }
  }
  if (operation.verb !== 'retire') return {}
  const body = await readBody(rawBodyOf(request))
  const comment = (body as { update_comment?: unknown } | undefined)?.update_comment
  return typeof comment === 'string' && comment !== '' ? { comment } : {}
}

export function conditionsOf({ headers }: FastifyRequest) {
  return {
    ifNoneMatch: headers['if-none-match'],
    range: headers.range,
    ifRange: headers['if-range'] as string | undefined,
  }
}
