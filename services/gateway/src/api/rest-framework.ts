import { type ErrorDetail, failure } from '@slipway/contracts'

// What the APIs share whose originals are written with the Django REST framework.

/** Ranges that JSON satisfies. `text/html`, too: the originals have pages for browsers, which get JSON here. */
const satisfied = new Set(['*/*', 'application/*', 'application/json', 'text/html', 'text/*'])

/**
 * Weights do not count, not even zero, as in the originals.
 * @throws `not_acceptable` unless the client takes JSON
 */
export function requireJsonAccepted(accept: string | undefined): void {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return
  if (accept.split(',').some(range => satisfied.has((range.split(';', 1)[0] as string).trim().toLowerCase()))) return
  throw failure('not_acceptable', 'Could not satisfy the request Accept header.')
}

export const methodNotAllowed = (method: string) => failure('method_not_allowed', `Method "${method}" not allowed.`)

export type FieldErrors = { [field: string]: string[] | FieldErrors }

/** `{"name": ["…"], "tags": {"0": ["…"]}}`: one list of texts for each place; those of no place under `whole`. */
export function fieldErrors(details: readonly ErrorDetail[], whole = 'non_field_errors'): FieldErrors {
  const tree: FieldErrors = Object.create(null)
  for (const { path, message } of details) {
    const fields = path.length > 0 ? path.map(String) : [whole]
    const last = fields.pop() as string
    let node = tree
    for (const field of fields) {
      const next = node[field]
      // Texts for the whole and texts for a part of it do not fit into one answer: the whole counts.
      if (Array.isArray(next)) break
      node = node[field] = next ?? Object.create(null)
    }
    const texts = node[last]
    if (Array.isArray(texts)) texts.push(message)
    else node[last] = [message]
  }
  return tree
}
