import { failure } from '@slipway/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { commandIdOf } from '../http/command-id.ts'
import type { Forward } from '../http/forward.ts'
import { rawBodyOf } from '../http/raw-body.ts'
import { traceparentOf } from '../http/trace.ts'
import type { Authenticator, Caller } from '../identity/authenticator.ts'
import { authenticate } from './authentication.ts'
import { type FormRules, readBody } from './body.ts'
import { describe } from './description.ts'
import { type InputReader, inputReader } from './input.ts'
import { acceptsJson } from './negotiation.ts'
import type { Method, Resource, Route } from './resource.ts'
import { methodNotAllowed, type Right, requireRight } from './rights.ts'
import { sendJson } from './send-json.ts'

export type HandlerOptions = {
  readonly forward: Forward
  readonly authenticator: Authenticator
  readonly baseUrlOf: (request: FastifyRequest) => string
  /** Throws when this caller without credentials may not write. */
  readonly limitAnonymous: (request: FastifyRequest) => Promise<void>
}

/** A way to answer a request without an operation; undefined if it is not for this one. */
export type OwnAnswer = (request: FastifyRequest) => unknown

const safeMethods = ['GET', 'HEAD', 'OPTIONS']

/**
 * Makes the handler of all methods of a resource. Checks come in the order of the original: what the client accepts, who
 * it is, whether it may, whether the path knows the method, and only then what was sent.
 */
export function handlerOf(resource: Resource, options: HandlerOptions, ownAnswer?: OwnAnswer) {
  const { forward, authenticator, baseUrlOf, limitAnonymous } = options
  const readers = new Map<Route, InputReader>(
    Object.values(resource.methods).map(route => [route, inputReader(route.operation)]),
  )

  async function answer(route: Route, request: FastifyRequest, reply: FastifyReply, caller: Caller | null) {
    const isWrite = route.operation.effect === 'write'
    const right = route.right ?? resource.right
    if (isWrite && right === 'anyone' && !caller) await limitAnonymous(request)
    const input = (readers.get(route) as InputReader)(request)
    const whole = route.form ? { ...input, body: await bodyOf(request, route.form, right, caller) } : input
    const call = {
      identity: await caller?.identityToken(),
      baseUrl: baseUrlOf(request),
      traceparent: traceparentOf(request),
      timeoutMs: route.timeoutMs,
      commandId: isWrite ? commandIdOf(request, caller?.identity ?? null) : undefined,
    }
    return forward(route.operation, whole, call, reply)
  }

  async function bodyOf(request: FastifyRequest, form: FormRules, right: Right, caller: Caller | null) {
    try {
      return await readBody(rawBodyOf(request), form)
    } catch (error) {
      requireRight(right, caller?.identity ?? null)
      throw error
    }
  }

  function answerOther(request: FastifyRequest, caller: Caller | null) {
    const identity = caller?.identity ?? null
    const { method } = request
    if (method === 'OPTIONS' && resource.allow.includes(method)) return describe(resource, identity)
    const own = ownAnswer?.(request)
    if (own !== undefined) return own
    if (!safeMethods.includes(method)) requireRight(resource.right, identity)
    throw methodNotAllowed(method)
  }

  return async (request: FastifyRequest, reply: FastifyReply) => {
    if (!acceptsJson(request.headers.accept)) {
      throw failure('not_acceptable', 'Could not satisfy the request Accept header.')
    }
    const known = request.headers.authorization === undefined ? null : await authenticate(request, authenticator)
    const caller = known ?? authenticator.anonymous
    request.actor = caller?.identity.login
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const route = resource.methods[method as Method]
    if (route) return answer(route, request, reply, caller)
    return sendJson(reply, 200, answerOther(request, caller))
  }
}
