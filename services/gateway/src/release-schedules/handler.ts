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
import type { FastifyRequest } from 'fastify'
import { sendAnswerOf, sendJson } from '../api/answers.ts'
import { type ApiOptions, callOptions } from '../api/api-options.ts'
import { readBody } from '../api/read-body.ts'
import { methodNotAllowed, requireJsonAccepted } from '../api/rest-framework.ts'
import { type Handler, methodOf } from '../api/serve-path.ts'
import { queryParameters } from '../http/query.ts'
import { rawBodyOf } from '../http/raw-body.ts'
import { authenticate } from './authentication.ts'
import { bodyRules } from './body.ts'
import { describe } from './description.ts'
import type { Failed } from './error-shape.ts'
import { changeComment, conditionsOf } from './request-headers.ts'
import { knownOperations, type Resource } from './resource.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set when the request is about many objects, for the answer to an error. */
    pdcFailed: Failed | undefined
  }
}

export type HandlerOptions = ApiOptions & {
  /** Of the gateway: tokens and their accounts. */
  readonly store: Store
}

/** Serves a path below `/rest_api/v1` with these methods, HEAD and OPTIONS. */
export type Serve = (path: string, methods: readonly string[], handler: Handler) => void

const actions: Readonly<Record<string, PdcAction>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
}

const oneLimits = { readMs: 10_000, writeMs: 15_000 }
/** Of many objects at once. */
const manyLimits = { readMs: 60_000, writeMs: 60_000 }

/** What to call and with which body. */
type Choice = { readonly operation: Operation; readonly body?: unknown; readonly many?: boolean }

/**
 * Makes the handler of a path of a resource. Checks come in the order of the original: what the client accepts, who it
 * is, whether it may, whether the path knows the method, the query, the body; the rest is for the owner of the data.
 */
export function handlerOf(resource: Resource, path: 'list' | 'item', options: HandlerOptions): Handler {
  const { operations } = resource
  const { segment } = resource.resource
  const rules = bodyRules(resource.resource)
  const known = new Set(knownOperations(resource, path).map(([method]) => method))

  async function choose(request: FastifyRequest, method: string, query: PdcQuery): Promise<Choice | undefined> {
    const read = () => readBody(rawBodyOf(request), rules)
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

  return async (request, reply) => {
    requireJsonAccepted(request.headers.accept)
    const caller = await authenticate(request, options.authenticator, options.store)
    request.actor = caller?.identity.login
    const identity = caller?.identity ?? null
    const method = methodOf(request)
    const action = actions[method]
    if (action) requireRight(identity, segment, action)
    if (method === 'OPTIONS') return sendJson(reply, 200, describe(resource, path, identity))
    if (!known.has(method)) throw methodNotAllowed(request.method)
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
    const limits = choice.many ? manyLimits : oneLimits
    const call = await callOptions(options, request, caller, choice.operation, limits)
    return sendAnswerOf(options.bus, choice.operation, input, call, request, reply)
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
