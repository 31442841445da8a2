import { errorFields, failure, isFailure, type SlipwayError } from '@slipway/contracts'

export type RenderedError = {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly retryAfter: number | undefined
}

/** Turns an error into what clients of the Open Concept Lab know: messages by field, or one under `detail`. */
export function renderError(error: unknown): RenderedError {
  const { status, code, message, details, retryAfter } = isFailure(error) ? error : ofFramework(error)
  const body = {
    ...(details && errorFields(details)),
    ...((!details || details.length === 0 || code === 'conflict') && { detail: message }),
  }
  return { status, body: code === 'internal' ? { detail: 'Internal error.' } : body, retryAfter }
}

function ofFramework(error: unknown): SlipwayError {
  const { statusCode = 500, message = '' } = error as { statusCode?: number; message?: string }
  if (statusCode === 413) return failure('too_large', 'The request body is too large.')
  if (statusCode >= 400 && statusCode < 500) return failure('malformed', message, { status: statusCode })
  return failure('internal', 'Internal error.')
}
