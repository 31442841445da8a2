import { Readable } from 'node:stream'
import type { Bus, CallOptions } from '@slipway/bus'
import {
  failure,
  type Identity,
  mayWritePdc,
  type Operation,
  type PdcAction,
  type PdcQuery,
  readPdcQuery,
} from '@slipway/contracts'
import type { Store } from '@slipway/store'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { commandIdOf } from '../http/command-id.ts'
import type { Forward } from '../http/forward.ts'
import { queryParameters } from '../http/query.ts'
import { rawBodyOf } from '../http/raw-body.ts'
import { traceparentOf } from '../http/trace.ts'
import type { Authenticator, Caller } from '../identity/authenticator.ts'
import { authenticate } from './authentication.ts'
import { readBody } from './body.ts'
import { describe } from './description.ts'
import type { Failed } from './error-shape.ts'
import { requireJsonAccepted } from './negotiation.ts'
import { changeComment, conditionsOf } from './request-headers.ts'
import type { Resource } from './resource.ts'
import { sendJson } from './send-json.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set when the request is about many objects, for the answer to an error. */
    pdcFailed: Failed | undefined
  }
}

export type HandlerOptions = {
  readonly bus: Bus
  readonly forward: Forward
  readonly store: Store
  readonly authenticator: Authenticator
  readonly baseUrlOf: (request: FastifyRequest) => string
}

const actions: Readonly<Record<string, PdcAction>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
}

const readMs = 10_000
const writeMs = 15_000
/** Many objects at once, and lists without pages. */
const manyMs = 60_000

/** What to call and with which body. */
type Choice = { readonly operation: Operation; readonly body?: unknown; readonly many?: boolean }

/**
 * Makes the handler of a path of a resource. Checks come in the order of the original: what the client accepts, who it
 * is, whether it may, whether the path knows the method, the query, the body; the rest is for the owner of the data.
 */
export function handlerOf(resource: Resource, path: 'list' | 'item', options: HandlerOptions) {
  const { operations } = resource
  const { segment } = resource.resource

  async function choose(request: FastifyRequest, method: string, query: PdcQuery): Promise<Choice | undefined> {
    const read = () => readBody(rawBodyOf(request), resource.resource)
    const choice = (operation: Operation | undefined, body?: unknown, many = false) =>
      operation && { operation, body, many }
    switch (`${method} ${path}`) {
      case 'GET list':
        return choice(query.pageSize === 0 ? operations.all : operations.list)
      case 'GET item':
        return choice(operations.get)
      case 'POST list': {
        if (!operations.create) return undefined
        const body = await read()
        return Array.isArray(body) ? choice(operations.createMany, body, true) : choice(operations.create, body)
      }
      case 'PUT list':
        return operations.replaceMany && choice(operations.replaceMany, await read(), true)
      case 'PATCH list':
        return operations.updateMany && choice(operations.updateMany, await read(), true)
      case 'DELETE list':
        return operations.deleteMany && choice(operations.deleteMany, await read(), true)
      case 'PUT item':
        return operations.replace && choice(operations.replace, await read())
      case 'PATCH item':
        return operations.update && choice(operations.update, await read())
      case 'DELETE item':
        return choice(operations.delete)
      default:
        return undefined
    }
  }

  function knows(method: string): boolean {
    const { list, create, replaceMany, updateMany, deleteMany, get, replace, update, delete: remove } = operations
    const known =
      path === 'list'
        ? { GET: list, POST: create, PUT: replaceMany, PATCH: updateMany, DELETE: deleteMany }
        : { GET: get, PUT: replace, PATCH: update, DELETE: remove }
    return (
      (known as Readonly<Record<string, unknown>>)[method] !== undefined ||
      (resource.empty === true && method === 'GET')
    )
  }

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    requireJsonAccepted(request.headers.accept)
    const caller = await authenticate(request, options.authenticator, options.store)
    request.actor = caller?.identity.login
    const identity = caller?.identity ?? null
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const action = actions[method]
    if (action) requireRight(identity, segment, action)
    if (method === 'OPTIONS') return sendJson(reply, 200, describe(resource, path, identity))
    if (!knows(method)) throw failure('method_not_allowed', `Method "${request.method}" not allowed.`)
    const parameters = queryParameters(request)
    const query = readPdcQuery(resource.resource, parameters)
    if (resource.empty) return sendJson(reply, 200, emptyList(query))
    const choice = (await choose(request, method, query)) as Choice
    if (choice.many) request.pdcFailed = { many: choice.body }
    const input = {
      query: parameters,
      ...(path === 'item' && { key: (request.params as { key: string }).key }),
      ...conditionsOf(request),
      comment: changeComment(request),
      ...(choice.body !== undefined && { body: choice.body }),
    }
    return send(choice, input, await callOptions(request, caller, choice), request, reply)
  }

  async function callOptions(request: FastifyRequest, caller: Caller | null, choice: Choice): Promise<CallOptions> {
    const isWrite = choice.operation.effect === 'write'
    return {
      identity: await caller?.identityToken(),
      baseUrl: options.baseUrlOf(request),
      traceparent: traceparentOf(request),
      timeoutMs: choice.many ? manyMs : isWrite ? writeMs : readMs,
      commandId: isWrite ? commandIdOf(request, caller?.identity ?? null) : undefined,
    }
  }

  async function send(
    { operation }: Choice,
    input: Record<string, unknown>,
    call: CallOptions,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    if (operation.flow !== 'streamed-answer') return options.forward(operation, input as never, call, reply)
    const answer = await options.bus.openStream(operation, input as never, call)
    reply.code(answer.status).headers(answer.headers)
    if (answer.status === 204 || answer.status === 304) return reply.send()
    reply.header('content-type', 'application/json')
    if (request.method !== 'HEAD') return reply.send(Readable.from(answer.body, { objectMode: false }))
    answer.cancel()
    return reply.send()
  }
}

/** @throws `unauthenticated` for callers without credentials, `forbidden` for others */
function requireRight(identity: Identity | null, segment: string, action: PdcAction): void {
  if (!identity) throw failure('unauthenticated', 'Authentication credentials were not provided.')
  if (mayWritePdc(identity, segment, action)) return
  throw failure('forbidden', 'You do not have permission to perform this action.')
}

function emptyList({ page, pageSize }: PdcQuery): unknown {
  if (pageSize === 0) return []
  if (page !== 1 && page !== 'last') throw failure('not_found', 'Invalid page.')
  return { count: 0, next: null, previous: null, results: [] }
}
