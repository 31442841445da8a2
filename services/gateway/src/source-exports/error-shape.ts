import { type ErrorDetail, failure, isFailure, type SlipwayError } from '@slipway/contracts'

export type RenderedError = {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly retryAfter: number | undefined
}

/** Turns an error into what clients of the Open Concept Lab know: messages by field, or one under `detail`. */
export function renderError(error: unknown): RenderedError {
  const { status, code, message, details, retryAfter } = isFailure(error) ? error : ofFramework(error)
  const body = {
    ...(details && byField(details)),
    ...((!details || details.length === 0 || code === 'conflict') && { detail: message }),
  }
  return { status, body: code === 'internal' ? { detail: 'Internal error.' } : body, retryAfter }
}

/** A detail with the reason `plain` is a bare text, all others are lists. */
function byField(details: readonly ErrorDetail[]): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null)
  for (const { path, reason, message } of details) {
    const name = String(path[0] ?? '__all__')
    const known = fields[name]
    if (reason === 'plain') fields[name] = message
    else fields[name] = Array.isArray(known) ? [...known, message] : [message]
  }
  return fields
}

function ofFramework(error: unknown): SlipwayError {
  const { statusCode = 500, message = '' } = error as { statusCode?: number; message?: string }
  if (statusCode === 413) return failure('too_large', 'The request body is too large.')
  if (statusCode >= 400 && statusCode < 500) return failure('malformed', message, { status: statusCode })
  return failure('internal', 'Internal error.')
}
