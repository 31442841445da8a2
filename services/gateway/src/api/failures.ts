import { failure, isFailure, type SlipwayError } from '@slipway/contracts'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ApiOptions } from './api-options.ts'

/** An error as an API answers it. */
export type RenderedError<Body = unknown> = {
  readonly status: number
  /** Undefined: none. */
  readonly body: Body
  /** Seconds. */
  readonly retryAfter: number | undefined
  /** Of this error alone. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * The failure of the catalogue that an error is: of a service or of the gateway as it was thrown; of the HTTP server
 * (bodies that are too large, lengths that do not fit) the one it means; `internal` for all else, whose text is for the log.
 */
export function failureOf(error: unknown): SlipwayError {
  if (isFailure(error)) return error
  const { statusCode = 500, message = '' } = error as { statusCode?: number; message?: string }
  if (statusCode === 413) return failure('too_large', 'The request body is too large.')
  if (statusCode === 415) return failure('unsupported_media_type', message)
  if (statusCode >= 400 && statusCode < 500) return failure('malformed', message, { status: statusCode })
  return failure('internal', 'Internal error.')
}

export type FailureOptions = Pick<ApiOptions, 'logError'> & {
  readonly render: (error: unknown, request: FastifyRequest) => RenderedError
  /** `WWW-Authenticate` of 401. Default: none, where browsers would open a dialogue over a web client. */
  readonly challenge?: string
  /** Default `application/json`. */
  readonly type?: string
  /** How a body is sent. Default: as JSON of this type. */
  readonly send?: (request: FastifyRequest, reply: FastifyReply, status: number, body: unknown) => FastifyReply
}

export type SendFailure = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => FastifyReply

/** Makes the function that answers errors in the shape of an API, and logs those that are not the client's. */
export function failureSender({ render, logError, challenge, type, send }: FailureOptions): SendFailure {
  return (error, request, reply) => {
    const { status, body, retryAfter, headers } = render(error, request)
    if (status >= 500) logError(error, request)
    if (status === 401 && challenge !== undefined) reply.header('www-authenticate', challenge)
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
    if (headers) reply.headers(headers)
    if (body === undefined) return reply.code(status).send()
    if (send) return send(request, reply, status, body)
    return reply
      .code(status)
      .header('content-type', type ?? 'application/json')
      .send(Buffer.from(JSON.stringify(body)))
  }
}

/** Answers the errors of a scope in the shape of its API. */
export function serveFailures(app: FastifyInstance, options: FailureOptions): void {
  app.setErrorHandler(failureSender(options))
}
