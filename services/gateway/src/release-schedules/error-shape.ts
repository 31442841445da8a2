import { type ErrorDetail, plainNumber, type SlipwayError } from '@slipway/contracts'
import { failureOf, type RenderedError } from '../api/failures.ts'
import { fieldErrors } from '../api/rest-framework.ts'

/** What a failed request was about, as far as the answer repeats it. */
export type Failed = {
  /** The body, if the request was for many objects at once. */
  readonly many: unknown
}

const emptyPatch = 'Partial update with no changes does not make much sense.'
const internalText =
  'The server encountered an internal error or misconfiguration and was unable to complete your request.'

/** Turns an error into what clients of PDC know. Unknown errors tell nothing of themselves, and are 503 here. */
export function renderError(error: unknown, failed: Failed | undefined): RenderedError {
  const known = failureOf(error)
  const { code, status, retryAfter } = known
  if (code === 'precondition_failed') return { status, body: undefined, retryAfter: undefined }
  if (code === 'internal') return { status: 503, body: { detail: internalText }, retryAfter: undefined }
  const first = known.details?.[0]
  const body = failed && first ? ofMany(known.details as ErrorDetail[], failed.many) : single(known)
  return {
    status,
    body,
    retryAfter: retryAfter ?? (status === 503 || status === 429 ? 1 : undefined),
    // The command line client prints this header.
    ...(!failed && known.message === emptyPatch && { headers: { 'pdc-warning': emptyPatch } }),
  }
}

function single({ message, details }: SlipwayError): unknown {
  return details && details.length > 0 ? unwrapped(details, true) : { detail: message }
}

/**
 * The shapes of this API: texts by field; a list of texts about the whole, under `detail` or, from one filter, bare; one
 * sentence. `wrapped`: a whole stands under `detail`.
 */
function unwrapped(details: readonly ErrorDetail[], wrapped: boolean): unknown {
  const [first] = details as [ErrorDetail]
  const wrap = (value: unknown) => (wrapped ? { detail: value } : value)
  if (first.path.length > 0) return fieldErrors(details)
  const texts = details.map(({ message }) => message)
  if (first.reason === 'bare_list') return texts
  return first.reason === 'request' ? wrap(first.message) : wrap(texts)
}

/** The first object that is wrong, as the client knows it: by index for POST, by its key for others. */
function ofMany(details: readonly ErrorDetail[], body: unknown): unknown {
  const label = details[0]?.path[0] as string | number
  const inner = details.map(({ path, ...detail }) => ({ ...detail, path: path.slice(1) }))
  const item = (body as Readonly<Record<string | number, unknown>> | undefined)?.[label]
  // A list of identifiers is answered with the one that is wrong, any other list with its place.
  const isIdentifier = Array.isArray(body) && (typeof item === 'string' || plainNumber(item) !== undefined)
  const isEmpty = item === undefined || item === null || (typeof item === 'object' && Object.keys(item).length === 0)
  return {
    id_of_invalid_data: isIdentifier ? item : label,
    detail: unwrapped(inner, false),
    ...(!isIdentifier && !isEmpty && { invalid_data: item }),
  }
}
