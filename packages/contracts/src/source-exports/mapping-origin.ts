import { numberText } from '../exact-json.ts'
import { unfitText } from '../fit-values.ts'

type Members = Readonly<Record<string, unknown>>

/**
 * A mapping whose origin is said by the URL of its concept: rows of exports have none where the concept is not here; its
 * source and its code say the same.
 */
export function withOrigin(mapping: Members): Members {
  const { from_concept_url: url, from_source_url: source, from_concept_code: given } = mapping
  const code = (typeof given === 'string' ? given.trim() : numberText(given)) ?? ''
  if (url || typeof source !== 'string' || !source.trim() || !code || unfitText(code)) return mapping
  const at = source.trim()
  return { ...mapping, from_concept_url: `${at}${at.endsWith('/') ? '' : '/'}concepts/${encodeURIComponent(code)}/` }
}
