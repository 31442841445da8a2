import { errorFields } from '@slipway/contracts'
import { failureOf, type RenderedError } from '../api/failures.ts'

/** Turns an error into what clients of the Open Concept Lab know: messages by field, or one under `detail`. */
export function renderError(error: unknown): RenderedError<Readonly<Record<string, unknown>>> {
  const { status, code, message, details, retryAfter } = failureOf(error)
  const body: Readonly<Record<string, unknown>> = {
    ...(details && errorFields(details)),
    ...((!details || details.length === 0 || code === 'conflict') && { detail: message }),
  }
  // Imports as a whole are refused with one text.
  if ('exception' in body) return { status, body: { exception: body.exception }, retryAfter }
  return { status, body: code === 'internal' ? { detail: 'Internal error.' } : body, retryAfter }
}
