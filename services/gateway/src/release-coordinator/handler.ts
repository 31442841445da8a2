import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendAnswerOf, sendJson } from '../api/answers.ts'
import { type ApiOptions, callOptions } from '../api/api-options.ts'
import { methodNotAllowed, requireJsonAccepted } from '../api/rest-framework.ts'
import { type Handler, methodOf } from '../api/serve-path.ts'
import { rawBodyOf } from '../http/raw-body.ts'
import type { Caller } from '../identity/authenticator.ts'
import { authenticate } from './authentication.ts'
import { type FormRules, readForm } from './body.ts'
import { describe } from './description.ts'
import { type InputReader, inputReader } from './input.ts'
import type { Method, Resource, Route } from './resource.ts'
import { type Right, requireRight } from './rights.ts'

export type HandlerOptions = ApiOptions & {
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
export function handlerOf(resource: Resource, options: HandlerOptions, ownAnswer?: OwnAnswer): Handler {
  const { bus, authenticator, limitAnonymous } = options
  const readers = new Map<Route, InputReader>(
    Object.values(resource.methods).map(route => [route, inputReader(route.operation)]),
  )

  async function answer(route: Route, request: FastifyRequest, reply: FastifyReply, caller: Caller | null) {
    const { operation, form, timeoutMs } = route
    const right = route.right ?? resource.right
    if (operation.effect === 'write' && right === 'anyone' && !caller) await limitAnonymous(request)
    const input = (readers.get(route) as InputReader)(request)
    const whole = form ? { ...input, body: await bodyOf(request, form, right, caller) } : input
    const limits = { readMs: timeoutMs, writeMs: timeoutMs }
    const call = await callOptions(options, request, caller, operation, limits)
    return sendAnswerOf(bus, operation, whole, call, request, reply)
  }

  async function bodyOf(request: FastifyRequest, form: FormRules, right: Right, caller: Caller | null) {
    try {
      return await readForm(rawBodyOf(request), form)
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

  return async (request, reply) => {
    requireJsonAccepted(request.headers.accept)
    const known = request.headers.authorization === undefined ? null : await authenticate(request, authenticator)
    const caller = known ?? authenticator.anonymous
    request.actor = caller?.identity.login
    const route = resource.methods[methodOf(request) as Method]
    if (route) return answer(route, request, reply, caller)
    return sendJson(reply, 200, answerOther(request, caller))
  }
}
