import { failure } from '@slipway/contracts'

/** Ranges that JSON satisfies. Browsers get JSON, too: there is no page for them. */
const satisfied = new Set(['*/*', 'application/*', 'application/json', 'text/html', 'text/*'])

/** @throws `not_acceptable` unless the client takes JSON */
export function requireJsonAccepted(accept: string | undefined): void {
  if (accept === undefined || accept === '') return
  if (accept.split(',').some(range => satisfied.has((range.split(';', 1)[0] as string).trim().toLowerCase()))) return
  throw failure('not_acceptable', 'Could not satisfy the request Accept header.')
}
