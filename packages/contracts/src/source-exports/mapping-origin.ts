import { numberText } from '../exact-json.ts'
import { unfitText } from '../fit-values.ts'

type Members = Readonly<Record<string, unknown>>

/**
 * A mapping whose origin is said by the URL of its concept: rows of exports have none where the concept is not here; its
 * source and its code say the same. Beside a code, the URL may be that of the source.
 */
export function withOrigin(mapping: Members): Members {
  const { from_concept_url: url, from_source_url: source, from_concept_code: given } = mapping
  const code = (typeof given === 'string' ? given.trim() : numberText(given)) ?? ''
  const isSource = typeof url === 'string' && !url.includes('/concepts/')
  const at = [source, isSource && url].find(text => typeof text === 'string' && text.trim() !== '')
  if ((url && !isSource) || typeof at !== 'string' || !code || unfitText(code)) return mapping
  return originOf(mapping, at.trim(), code)
}

function originOf(mapping: Members, at: string, code: string): Members {
  return { ...mapping, from_concept_url: `${at}${at.endsWith('/') ? '' : '/'}concepts/${encodeURIComponent(code)}/` }
}
