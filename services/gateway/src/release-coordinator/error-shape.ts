import type { JsonSchema, SlipwayError } from '@slipway/contracts'
import { failureOf, type RenderedError } from '../api/failures.ts'
import { fieldErrors } from '../api/rest-framework.ts'

/** How this API shows errors in OpenAPI: `{"detail": text}`, or texts by field. */
export const errorShape: JsonSchema = {
  description: 'A sentence under `detail`, or for each wrong field the list of what is wrong with it',
  anyOf: [
    { type: 'object', properties: { detail: { type: 'string' } }, required: ['detail'] },
    {
      type: 'object',
      additionalProperties: { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'object' }] },
    },
  ],
}

/** Seconds after which to try again when the failing side did not say. */
const usualRetryAfter = 1

/** Turns an error into what clients of the Kids First Release Coordinator know. Unknown errors tell nothing of themselves. */
export function renderError(error: unknown): RenderedError {
  const known = failureOf(error)
  return {
    status: statusOf(known),
    body: bodyOf(known),
    retryAfter: known.retryAfter ?? (known.status === 503 || known.status === 429 ? usualRetryAfter : undefined),
  }
}

/** Whoever is not signed in gets 403 in this API, never 401. */
export function statusOf({ code, status }: Pick<SlipwayError, 'code' | 'status'>): number {
  return code === 'unauthenticated' ? 403 : status
}

function bodyOf({ code, message, details, retryAfter }: SlipwayError): unknown {
  if (code === 'invalid' && details && details.length > 0) return fieldErrors(details)
  return { detail: sentenceOf(code, message, retryAfter ?? usualRetryAfter) }
}

function sentenceOf(code: SlipwayError['code'], message: string, retryAfter: number): string {
  switch (code) {
    case 'not_found':
      return 'Not found.'
    case 'internal':
      return 'A server error occurred.'
    case 'rate_limited':
      return `Request was throttled. Expected available in ${retryAfter} second${retryAfter === 1 ? '' : 's'}.`
    default:
      return message
  }
}
