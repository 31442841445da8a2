import { z } from 'zod'

/**
 * The one catalogue of errors of the platform.
 *
 * A service fails with a code from here; the bus carries it (headers `Nats-Service-Error`, `Nats-Service-Error-Code`
 * and a JSON body); the gateway turns the code into the error shape of the API that was called. Whoever handles an
 * error asks for its code, never for its text or its class.
 */
export const errorCatalogue = {
  malformed: { status: 400, retryable: false, summary: 'The request is not readable: broken JSON, a wrong encoding' },
  invalid: { status: 400, retryable: false, summary: 'One or more fields are missing or wrong; see details' },
  refused: { status: 400, retryable: false, summary: 'The resource is in a state that does not allow this' },
  unauthenticated: { status: 401, retryable: false, summary: 'No credentials, or credentials that are not valid' },
  forbidden: { status: 403, retryable: false, summary: 'The caller is known and may not do this' },
  not_found: { status: 404, retryable: false, summary: 'There is no such resource' },
  method_not_allowed: { status: 405, retryable: false, summary: 'The resource does not know this method' },
  not_acceptable: { status: 406, retryable: false, summary: 'None of the accepted media types can be produced' },
  conflict: { status: 409, retryable: false, summary: 'The change contradicts another one' },
  precondition_failed: { status: 412, retryable: false, summary: 'The resource changed since it was read' },
  too_large: { status: 413, retryable: false, summary: 'The request body is larger than allowed' },
  unsupported_media_type: { status: 415, retryable: false, summary: 'The request body is of a type that is not read' },
  key_reused: { status: 422, retryable: false, summary: 'The idempotency key was used for a different request' },
  rate_limited: { status: 429, retryable: true, summary: 'Too many requests; try again later' },
  internal: { status: 500, retryable: false, summary: 'A fault of the platform; its log has the cause' },
  bad_upstream: { status: 502, retryable: true, summary: 'A system the platform depends on gave no usable answer' },
  unavailable: { status: 503, retryable: true, summary: 'No instance of the service answers at the moment' },
  busy: { status: 503, retryable: true, summary: 'Every instance has as much work as it may take' },
  timeout: { status: 504, retryable: true, summary: 'The answer did not come in time; the work may still be done' },
} as const

export type ErrorCode = keyof typeof errorCatalogue

/** What is wrong with one field. `path` leads to it from the top of the body; an empty path means the body itself. */
export type ErrorDetail = {
  readonly path: readonly (string | number)[]
  /** Machine-readable reason, e.g. `required`, `blank`, `too_long`, `does_not_exist`. */
  readonly reason: string
  /** The sentence that clients of the API concerned know. */
  readonly message: string
}

/** The JSON body of an error on the bus. */
export type ErrorBody = {
  readonly code: ErrorCode
  readonly message: string
  readonly details?: readonly ErrorDetail[]
  /** Seconds after which a retry makes sense. */
  readonly retryAfter?: number
}

/** Open where the catalogue grows: a newer service may answer a code that this version does not know. */
export const errorBodySchema = z
  .object({
    code: z.string().meta({ description: 'From the list of errors', examples: ['invalid', 'not_found'] }),
    message: z.string(),
    details: z
      .array(
        z.object({
          path: z
            .array(z.union([z.string(), z.int()]))
            .meta({ description: 'Way to the field; empty: the body itself' }),
          reason: z.string().meta({ description: 'For programs', examples: ['required', 'too_long'] }),
          message: z.string().meta({ description: 'For people' }),
        }),
      )
      .optional(),
    retryAfter: z.number().optional().meta({ description: 'Seconds after which a retry makes sense' }),
  })
  .meta({ id: 'BusError', description: 'Body of an error on the bus' })

export type SlipwayError = Error & ErrorBody & { readonly status: number }

export type ErrorOptions = {
  readonly details?: readonly ErrorDetail[]
  readonly retryAfter?: number
  readonly cause?: unknown
  /** Another HTTP status than the catalogue's, where an API demands one. */
  readonly status?: number
}

/** Makes an error of the catalogue, ready to throw. */
export function failure(code: ErrorCode, message: string, options: ErrorOptions = {}): SlipwayError {
  const error = new Error(message, options.cause === undefined ? undefined : { cause: options.cause })
  error.name = 'SlipwayError'
  return Object.assign(error, {
    code,
    status: options.status ?? errorCatalogue[code].status,
    ...(options.details && { details: options.details }),
    ...(options.retryAfter !== undefined && { retryAfter: options.retryAfter }),
  })
}

/** True for errors of the catalogue, made in this process or read from the bus; with `codes`, for those codes only. */
export function isFailure(error: unknown, ...codes: ErrorCode[]): error is SlipwayError {
  if (!(error instanceof Error) || !('code' in error) || !('status' in error)) return false
  const code = error.code as ErrorCode
  return Object.hasOwn(errorCatalogue, code) && (codes.length === 0 || codes.includes(code))
}

/** An `invalid` error from details; its message joins theirs, for logs and for callers on the bus. */
export function invalid(details: readonly ErrorDetail[]): SlipwayError {
  const text = details.map(detail => `${detail.path.join('.') || 'body'}: ${detail.message}`).join(' ')
  return failure('invalid', text, { details })
}

/** The body that represents an error on the bus. Anything outside the catalogue becomes `internal`, without its text. */
export function errorBody(error: unknown): ErrorBody {
  if (!isFailure(error)) return { code: 'internal', message: 'Internal error.' }
  return {
    code: error.code,
    message: error.message,
    ...(error.details && { details: error.details }),
    ...(error.retryAfter !== undefined && { retryAfter: error.retryAfter }),
  }
}
