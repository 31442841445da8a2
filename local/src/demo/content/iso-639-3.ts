import { iso6393 } from 'iso-639-3'
import type { Terminology } from './terminology.ts'

/** All languages of ISO 639-3; their codes in the other parts of the standard are extras. */
export async function readLanguages(): Promise<Terminology> {
  const concepts = iso6393.map(({ iso6393: id, name, type, scope, iso6391, iso6392B, iso6392T }) => ({
    id,
    concept_class: type,
    datatype: 'N/A',
    names: [{ name, locale: 'en', locale_preferred: true }],
    extras: { scope, ...(iso6391 && { iso6391 }), ...(iso6392B && { iso6392B }), ...(iso6392T && { iso6392T }) },
  }))
  return { concepts, mappings: [] }
}
