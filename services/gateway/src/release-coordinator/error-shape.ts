import { type ErrorDetail, failure, isFailure, type JsonSchema, type SlipwayError } from '@slipway/contracts'

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

export type RenderedError = {
  readonly status: number
  readonly body: unknown
  readonly retryAfter: number | undefined
}

/** Seconds after which to try again when the failing side did not say. */
const usualRetryAfter = 1

/** Turns an error into what clients of the Kids First Release Coordinator know. Unknown errors tell nothing of themselves. */
export function renderError(error: unknown): RenderedError {
  const known = isFailure(error) ? error : ofFramework(error)
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

type Tree = { [key: string]: string[] | Tree }

/** `{"name": ["…"], "tags": {"0": ["…"]}}`: one list of texts for each place. */
export function fieldErrors(details: readonly ErrorDetail[]): unknown {
  const tree: Tree = Object.create(null)
  for (const { path, message } of details) {
    const keys = path.length > 0 ? path.map(String) : ['non_field_errors']
    const last = keys.pop() as string
    let node = tree
    for (const key of keys) {
      const next = node[key]
      // A list of texts for the whole and one for a part of it do not fit into one answer: the whole counts.
      if (Array.isArray(next)) break
      node = node[key] = next ?? Object.create(null)
    }
    const texts = node[last]
    if (Array.isArray(texts)) texts.push(message)
    else node[last] = [message]
  }
  return tree
}

/** Errors of the HTTP server itself: bodies that are too large, lengths that do not fit. */
function ofFramework(error: unknown): SlipwayError {
  const { statusCode = 500, message = '' } = error as { statusCode?: number; message?: string }
  if (statusCode === 413) return failure('too_large', 'The request body is too large.')
  if (statusCode >= 400 && statusCode < 500) return failure('malformed', message, { status: statusCode })
  return failure('internal', 'Internal error.')
}
