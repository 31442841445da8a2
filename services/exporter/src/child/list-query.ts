import type { Identity } from '@slipway/contracts'
import { readConceptEnd } from '../mapping/end-url.ts'
import { endsIn } from '../mapping/mapping-ends.ts'
import { isTruthy, type Query, searchOf, updatedSinceOf } from '../query.ts'
import type { Read } from '../source/source.store.ts'
import type { ChildKind } from './child.ts'
import { type Facet, facetText } from './facets.ts'
import type { Order } from './list-children.ts'
import type { ChildFilter } from './select-children.ts'

/** Parameters that filter by a facet, by kind. Others are ignored, as this API always did. */
const filters: Readonly<Record<ChildKind, Readonly<Record<string, Facet>>>> = {
  concept: { conceptClass: 'class', concept_class: 'class', datatype: 'datatype' },
  mapping: { mapType: 'class', map_type: 'class', fromConcept: 'from_code', toConcept: 'to_code' },
}
const endOf: Readonly<Record<string, 'from_concept' | 'to_concept'>> = {
  fromConcept: 'from_concept',
  toConcept: 'to_concept',
}
/** Words of `sortAsc` and `sortDesc`. */
const keys: Readonly<Record<string, Facet | 'id' | 'time'>> = {
  ...{ id: 'id', code: 'id', mnemonic: 'id', name: 'label', display_name: 'label' },
  ...{ lastUpdate: 'time', last_update: 'time', updated_on: 'time', conceptClass: 'class', concept_class: 'class' },
  ...{ mapType: 'class', map_type: 'class', datatype: 'datatype', fromConcept: 'from_code', toConcept: 'to_code' },
}

/** What of a list is asked for. */
export function filterOf(query: Query): ChildFilter {
  return { includeRetired: isTruthy(query, 'includeRetired'), since: updatedSinceOf(query), search: searchOf(query) }
}

/** The same, with the filters of a kind. A concept may be said by its code, or by the URL of one that the caller may see. */
export async function wholeFilterOf(
  read: Read,
  kind: ChildKind,
  query: Query,
  identity: Identity | null,
): Promise<ChildFilter> {
  const facets: Partial<Record<Facet, readonly string[]>> = {}
  const ends: Partial<Record<'from_concept' | 'to_concept', number | null>> = {}
  for (const [name, facet] of Object.entries(filters[kind])) {
    const given = (query[name] ?? []).filter(text => text.trim() !== '').map(text => text.replaceAll('\0', ''))
    if (given.length === 0) continue
    const end = endOf[name]
    const url = end && given.find(text => text.includes('/') && readConceptEnd(text))
    if (end && url) ends[end] = await conceptAt(read, url, identity)
    else facets[facet] = given.flatMap(text => [text, ...text.split(',')].map(part => facetText(part.trim())))
  }
  return { ...filterOf(query), facets, ends }
}

/** Position of a concept that the caller may see. */
async function conceptAt(read: Read, url: string, identity: Identity | null): Promise<number | null> {
  const end = readConceptEnd(url)
  const lookup = endsIn({ query: read }, identity)
  const source = end?.target && (await lookup.source(end.target))
  return (source && end && (await lookup.concept(source, end.code))?.position) ?? null
}

/** Newest first, unless something that this API sorts by is asked for. */
export function orderOf(query: Query): Order {
  for (const [name, down] of [
    ['sortAsc', false],
    ['sortDesc', true],
  ] as const) {
    const key = keys[query[name]?.at(-1)?.split(',')[0]?.trim() ?? '']
    if (key === 'time') return down ? 'newest' : 'oldest'
    if (key) return { by: key, down }
  }
  return 'newest'
}

/** True for a list whose length is kept. */
export const isCounted = ({ since, search, facets = {}, ends = {} }: ChildFilter): boolean =>
  since === null && search === null && Object.keys(facets).length + Object.keys(ends).length === 0
