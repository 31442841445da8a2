import type { ChildRow } from './child.ts'

/** What lists are filtered and sorted by, in lower case: columns of `child`. */
export const facetColumns = ['class', 'datatype', 'label', 'from_code', 'to_code'] as const
export type Facet = (typeof facetColumns)[number]

/** The members of rows that they are made of, of concepts or of mappings. */
export const facetMembers: Readonly<Record<Facet, readonly string[]>> = {
  class: ['concept_class', 'map_type'],
  datatype: ['datatype'],
  label: ['display_name'],
  from_code: ['from_concept_code'],
  to_code: ['to_concept_code'],
}

/** Characters that are compared: an index takes no more. */
export const mostFacet = 200

export const facetText = (text: string): string => text.toLowerCase().slice(0, mostFacet).toWellFormed()

/** The facets of a row, by their columns. */
export function facetsOf(row: ChildRow): Readonly<Record<Facet, string | null>> {
  const members = row as ChildRow & Readonly<Record<string, unknown>>
  const entries = facetColumns.map(column => {
    const value = facetMembers[column].map(member => members[member]).find(member => typeof member === 'string')
    return [column, typeof value === 'string' ? facetText(value) : null]
  })
  return Object.fromEntries(entries) as Record<Facet, string | null>
}
