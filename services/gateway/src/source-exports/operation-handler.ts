import {
  conceptOperations,
  exportOperations,
  isFailure,
  type Operation,
  sourceVersionOperations,
} from '@slipway/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Handler, methodOf } from '../api/serve-path.ts'
import { lastValue, queryParameters } from '../http/query.ts'
import { rawBodyOf } from '../http/raw-body.ts'
import type { Caller } from '../identity/authenticator.ts'
import { authenticate } from './authentication.ts'
import { readFields } from './body.ts'
import { callOf, methodNotAllowed, type SourceExportsOptions } from './route.ts'
import { sendAnswer } from './send.ts'
import type { Entry, Method } from './table.ts'

/** What the owner in the path means for operations; fails for users that are not there. */
export type OwnerReader = (request: FastifyRequest, caller: Caller | null) => Promise<Readonly<Record<string, unknown>>>

const bodies: readonly Operation['verb'][] = ['create', 'update']

/** Makes the handler of a path whose methods are operations of the exporter. */
export function operationHandler(options: SourceExportsOptions, { methods }: Entry, ownerOf: OwnerReader): Handler {
  return (request, reply) =>
    request.server.largeBodies.read(rawBodyOf(request).bytes.length, () => answer(request, reply))

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const caller = await authenticate(request, options.authenticator)
    const method = methodOf(request) as Method
    const operation = methods[method]
    const { org, user, ...parameters } = request.params as Record<string, string>
    const owner = await ownerOf(request, caller)
    if (!operation) {
      // Whether there is such an export, and whether the caller may know of it, is told before the method is refused.
      if (methods.GET === exportOperations.get) await probe(request, caller, { ...owner, ...parameters })
      throw methodNotAllowed(request)
    }
    const input = { ...owner, ...parameters, ...(await inputOf(request, operation)) }
    if (operation === conceptOperations.get && wantsMappings(request)) {
      return send(request, reply, caller, conceptOperations.withMappings, input)
    }
    if (bringsMappings(operation, input)) return sendWithMappings(request, reply, caller, operation, input)
    return send(request, reply, caller, operation, input)
  }

  /** Whoever sends mappings along with a concept is answered the concept with all that lead from it. */
  async function sendWithMappings(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: Caller | null,
    operation: Operation,
    { body, ifMatch, ...target }: Readonly<Record<string, unknown>>,
  ): Promise<FastifyReply> {
    const call = await callOf(options, request, caller, operation)
    const written = await options.bus.request(operation, { ...target, body, ifMatch } as never, call)
    reply.headers(written.headers)
    const { id } = JSON.parse(Buffer.from(written.body).toString('utf8')) as { readonly id: string }
    const read = conceptOperations.withMappings
    const input = { ...target, id } as never
    const readCall = await callOf(options, request, caller, read)
    return sendAnswer(options.bus, read, input, readCall, request, reply, written.status)
  }

  async function probe(request: FastifyRequest, caller: Caller | null, target: object): Promise<void> {
    const input = { ...target, head: true }
    const call = await callOf(options, request, caller, exportOperations.get)
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
    const call = await callOf(options, request, caller, operation)
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

function wantsMappings(request: FastifyRequest): boolean {
  const query = queryParameters(request)
  return ['includeMappings', 'includeInverseMappings'].some(name => /^(?:true|1)$/i.test(lastValue(query, name) ?? ''))
}

function bringsMappings(operation: Operation, input: { readonly body?: unknown }): boolean {
  if (operation !== conceptOperations.create && operation !== conceptOperations.update) return false
  const { mappings } = (input.body ?? {}) as { readonly mappings?: unknown }
  return Array.isArray(mappings) && mappings.length > 0
}

/** What an operation takes from a request beside its path. */
async function inputOf(request: FastifyRequest, operation: Operation): Promise<object> {
  const { headers } = request
  if (operation.effect === 'read') {
    if (operation === exportOperations.get) {
      const activeOnly = /^(?:false|0)$/i.test(lastValue(queryParameters(request), 'includeRetired') ?? '')
      return { ...conditionsOf(request), head: request.method === 'HEAD', activeOnly }
    }
    return { query: queryParameters(request) }
  }
  if (bodies.includes(operation.verb)) {
    return { body: await readFields(rawBodyOf(request)), ifMatch: headers['if-match'] }
  }
  if (operation.verb === 'retire' || operation.verb === 'reactivate') return retirementOf(request, operation)
  return {}
}

/** Why something is retired or brought back; clients have two names for the comment. */
async function retirementOf(request: FastifyRequest, { verb }: Operation): Promise<object> {
  const body = ((await readFields(rawBodyOf(request))) ?? {}) as Readonly<Record<string, unknown>>
  const textOf = (...names: string[]) =>
    names.map(name => body[name]).find((text): text is string => typeof text === 'string' && text !== '')
  const comment = textOf('update_comment', 'comment')
  if (verb === 'reactivate') return { comment }
  const hard = [lastValue(queryParameters(request), 'hardDelete'), body.hardDelete].map(String)
  return { comment, reason: textOf('retire_reason'), hard: hard.some(word => /^(?:true|1)$/i.test(word)) }
}

export function conditionsOf({ headers }: FastifyRequest) {
  return {
    ifMatch: headers['if-match'],
    ifNoneMatch: headers['if-none-match'],
    range: headers.range,
    ifRange: headers['if-range'] as string | undefined,
  }
}
