import type { SlipwayError } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import { failureOf, type RenderedError } from '../api/failures.ts'
import { traceparentOf } from '../http/trace.ts'

/** RFC 9457, with the code of the catalogue, what is wrong with which field, and the trace in which the log has more. */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly errors?: readonly ({ readonly code: string; readonly detail: string } & (
    | { readonly pointer: string }
    | { readonly parameter: string }
  ))[]
  readonly trace_id: string
}

const titles: Readonly<Partial<Record<string, string>>> = {
  malformed: 'The request cannot be read',
  invalid: 'The request has wrong values',
  refused: 'The state of the thing does not allow this',
  unauthenticated: 'Valid credentials are needed',
  forbidden: 'This is not allowed',
  not_found: 'There is no such thing',
  method_not_allowed: 'The address does not know this method',
  not_acceptable: 'The answer cannot be had in this form',
  conflict: 'The change contradicts what is there',
  precondition_failed: 'The thing changed since it was read',
  too_large: 'The request is too large',
  unsupported_media_type: 'The body is of a type that is not read',
  key_reused: 'The idempotency key belongs to another request',
  rate_limited: 'Too many requests',
  bad_upstream: 'A system behind the platform gave no good answer',
  unavailable: 'The service is not available at the moment',
  busy: 'The platform has more to do than it can',
  timeout: 'The answer did not come in time',
}
const usualRetryAfter = 1

/** A failure as the unified API answers it. What is none of the catalogue tells nothing of itself. */
export function renderProblem(error: unknown, request: FastifyRequest, baseUrl: string): RenderedError<Problem> {
  const known = failureOf(error)
  const { status, code, retryAfter } = known
  const body: Problem = {
    type: `${baseUrl}/docs/errors#${code}`,
    title: titles[code] ?? 'Internal error',
    status,
    detail: code === 'internal' ? 'The log of the platform says more under this trace.' : known.message,
    code,
    ...(known.details && { errors: errorsOf(known) }),
    trace_id: traceparentOf(request).split('-')[1] ?? '',
  }
  return { status, body, retryAfter: retryAfter ?? (status === 503 || status === 429 ? usualRetryAfter : undefined) }
}

/** Fields of the body are named by JSON pointers, parameters of path and query by their names. */
function errorsOf({ details = [] }: SlipwayError): NonNullable<Problem['errors']> {
  return details.map(({ path, reason, message }) => {
    const [first, ...rest] = path
    const said = { code: reason, detail: message }
    if (first !== 'body' && first !== undefined) return { parameter: String(first), ...said }
    return {
      pointer: rest.map(part => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
      ...said,
    }
  })
}
