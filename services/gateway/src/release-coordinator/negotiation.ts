/** Ranges that JSON satisfies. `text/html` is let through, too: the original has a page for browsers, we answer JSON. */
const satisfied = new Set(['*/*', 'application/*', 'application/json', 'text/html', 'text/*'])

/** Whether an `Accept` header can be satisfied. Weights do not count, not even zero, as in the original. */
export function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return true
  return accept.split(',').some(range => satisfied.has((range.split(';', 1)[0] as string).trim().toLowerCase()))
}
