import { STATUS_CODES } from 'node:http'
import type { JsonSchema, SlipwayError } from '@slipway/contracts'
import { now } from '@slipway/store'
import { failureOf, type RenderedError } from '../api/failures.ts'

type ErrorBody = {
  readonly timestamp: string
  readonly status: number
  readonly error: string
  readonly message: string
  readonly path: string
}

export const errorShape: JsonSchema = {
  type: 'object',
  properties: {
    timestamp: { type: 'string', format: 'date-time' },
    status: { type: 'integer' },
    error: { type: 'string', description: 'The reason phrase of the status' },
    message: { type: 'string' },
    path: { type: 'string' },
  },
  required: ['timestamp', 'status', 'error', 'message', 'path'],
}

/** Turns an error into the one shape of this API, which has all that clients of MLDS look for. */
export function renderError(error: unknown, url: string): RenderedError<ErrorBody> {
  const known = failureOf(error)
  const { status, code, retryAfter } = known
  const body = {
    timestamp: new Date(now()).toISOString(),
    status,
    error: STATUS_CODES[status] ?? 'Error',
    message: code === 'internal' ? 'Internal error.' : messageOf(known),
    path: url.split('?', 1)[0] as string,
  }
  return { status, body, retryAfter }
}

/** Fields by their names in the request body, without the name that the body itself has as an input. */
function messageOf({ code, message, details = [] }: SlipwayError): string {
  if (code !== 'invalid' || details.length === 0 || details.some(({ path }) => path[0] !== 'body')) return message
  return details.map(({ path, message: text }) => `${path.slice(1).join('.') || 'body'}: ${text}`).join('; ')
}
