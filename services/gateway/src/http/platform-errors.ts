import { failure, isFailure, readInput } from '@slipway/contracts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'

/**
 * Errors of the platform's own API, which is none of the five: `{"error":{"code":…,"message":…,"details":[…]}}` under
 * the status of the catalogue.
 */
export function answerErrors(app: FastifyInstance, logError: (error: unknown, request: FastifyRequest) => void): void {
  app.setErrorHandler((error, request, reply) => {
    const known = isFailure(error) ? error : ofFramework(error)
    const { status, code, message, details, retryAfter } = known
    if (status >= 500) logError(error, request)
    if (status === 401) reply.header('www-authenticate', 'Bearer')
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
    const text = code === 'internal' ? 'Internal error.' : message
    return reply.code(status).send({ error: { code, message: text, ...(details && { details }) } })
  })
}

function ofFramework(error: unknown) {
  const { statusCode = 500, message = '' } = error as { statusCode?: number; message?: string }
  if (statusCode === 413) return failure('too_large', message)
  if (statusCode === 415) return failure('unsupported_media_type', message)
  if (statusCode >= 400 && statusCode < 500) return failure('malformed', message, { status: statusCode })
  return failure('internal', 'Internal error.')
}

/** A value of the shape, or an `invalid` error with everything that is wrong. */
export function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = readInput(schema, value ?? {})
  if (result.success) return result.data
  const { details } = result
  throw failure('invalid', details.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; '), {
    details,
  })
}
