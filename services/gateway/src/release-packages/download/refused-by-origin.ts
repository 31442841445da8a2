import { type ErrorCode, failure, type SlipwayError } from '@slipway/contracts'

const codes: Readonly<Record<number, ErrorCode>> = {
  403: 'forbidden',
  404: 'not_found',
  410: 'not_found',
  412: 'precondition_failed',
  429: 'rate_limited',
}

/**
 * The error for an origin's answer that is neither a file nor "unchanged": its status becomes ours, its body is ours.
 * Not so 401 and 407, by which a client would take its own session for over, and redirects that lead nowhere.
 */
export function refusedByOrigin(status: number): SlipwayError {
  if (status < 400 || status === 401 || status === 407) return failure('bad_upstream', 'The file cannot be fetched.')
  const code = codes[status] ?? (status < 500 ? 'refused' : 'bad_upstream')
  const text = status === 416 ? 'The file has no such range.' : 'The file is not available where it is kept.'
  return failure(code, text, { status })
}
