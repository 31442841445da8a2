import { invalid } from '@slipway/contracts'

/**
 * Readers of exports made since 2015 do not parse what stands before the rows: they look for one of these words, as a key
 * or as a text, and take what follows for the rows. A source that has such a word elsewhere would be imported as empty.
 */
const words: ReadonlySet<unknown> = new Set(['concepts', 'mappings'])

function holdsWord(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return words.has(value)
  if (Array.isArray(value)) return value.some(holdsWord)
  return Object.entries(value).some(([key, item]) => words.has(key) || holdsWord(item))
}

/** @throws `invalid` for fields of a source or version that readers of its exports would take for rows */
export function refuseReaderWords(fields: Readonly<Record<string, unknown>>): void {
  const message = '"concepts" and "mappings" cannot stand here: readers of exports look for these words.'
  const wrong = Object.entries(fields).filter(([, value]) => holdsWord(value))
  if (wrong.length > 0) throw invalid(wrong.map(([name]) => ({ path: [name], reason: 'reader_word', message })))
}
