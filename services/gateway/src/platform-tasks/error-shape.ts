import type { JsonSchema } from '@slipway/contracts'
import { failureOf, type RenderedError } from '../api/failures.ts'

export const errorShape: JsonSchema = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        message: { type: 'string' },
        reference: { type: 'string', description: 'With 500 and more: how to find it in the log' },
      },
      required: ['message'],
    },
  },
  required: ['error'],
}

const unauthenticated =
  'User is not authenticated. Supply an access token in Authorization or an API token in Genestack-API-Token.'
const retrySeconds = 2

/** Turns an error into what clients of ODM know. `reference` is the id of the request. */
export function renderError(error: unknown, reference: string): RenderedError {
  const { status, code, message, retryAfter } = failureOf(error)
  if (status >= 500) {
    const text = code === 'internal' ? 'Internal error.' : message
    const later = retryAfter ?? (status === 503 ? retrySeconds : undefined)
    return { status, body: { error: { message: text, reference } }, retryAfter: later }
  }
  const text = code === 'unauthenticated' ? unauthenticated : message
  return { status, body: { error: { message: text } }, retryAfter }
}
