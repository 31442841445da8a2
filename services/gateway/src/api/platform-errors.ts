import { failure, readInput } from '@slipway/contracts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { failureOf, type RenderedError, serveFailures } from './failures.ts'

/**
 * Errors of the platform's own API, which is none of the five: `{"error":{"code":…,"message":…,"details":[…]}}` under
 * the status of the catalogue.
 */
export function answerErrors(app: FastifyInstance, logError: (error: unknown, request: FastifyRequest) => void): void {
  serveFailures(app, { render: renderError, challenge: 'Bearer', type: 'application/json; charset=utf-8', logError })
}

function renderError(error: unknown): RenderedError {
  const { status, code, message, details, retryAfter } = failureOf(error)
  const text = code === 'internal' ? 'Internal error.' : message
  return { status, body: { error: { code, message: text, ...(details && { details }) } }, retryAfter }
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
