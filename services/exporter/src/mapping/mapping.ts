import { createHash } from 'node:crypto'
import type { MappingFields } from '@slipway/contracts'
import type { ChildRow, ChildRules, Frame } from '../child/child.ts'
import type { EndPlace } from './end-url.ts'
import { type MappingEnds, type MappingLinks, placesOf } from './mapping-ends.ts'

export type MappingContent = MappingEnds & {
  readonly external_id: string | null
  readonly retired: boolean
  readonly retire_reason: string | null
  readonly map_type: string
  readonly from_source_version: string | null
  readonly to_source_version: string | null
  readonly sort_weight: number | null
  readonly extras: unknown
}

type MappingRow = ChildRow & MappingContent

/** What a mapping is after a change; where it leads was looked up before. */
export function mergeMapping(
  before: MappingContent | undefined,
  given: Partial<MappingFields>,
  ends: MappingEnds,
): MappingContent {
  const kept = (name: 'from_source_version' | 'to_source_version') =>
    given[name] === undefined ? (before?.[name] ?? null) : given[name]
  const retired = given.retired ?? before?.retired ?? false
  const reason = given.retire_reason === undefined ? (before?.retire_reason ?? null) : given.retire_reason
  return {
    external_id: given.external_id === undefined ? (before?.external_id ?? null) : given.external_id,
    retired,
    retire_reason: retired ? reason : null,
    map_type: given.map_type ?? before?.map_type ?? '',
    ...ends,
    from_source_version: kept('from_source_version'),
    to_source_version: kept('to_source_version'),
    sort_weight: given.sort_weight === undefined ? (before?.sort_weight ?? null) : given.sort_weight,
    extras: given.extras === undefined ? (before?.extras ?? null) : (given.extras as { json: unknown }).json,
  }
}

function contentOf(row: ChildRow): MappingContent {
  const mapping = row as MappingRow
  return {
    external_id: mapping.external_id,
    retired: mapping.retired,
    retire_reason: mapping.retire_reason,
    map_type: mapping.map_type,
    from_concept_url: mapping.from_concept_url,
    from_concept_code: mapping.from_concept_code,
    from_concept_name: mapping.from_concept_name,
    from_concept_name_resolved: mapping.from_concept_name_resolved,
    from_source_url: mapping.from_source_url,
    from_source_name: mapping.from_source_name,
    from_source_owner: mapping.from_source_owner,
    from_source_owner_type: mapping.from_source_owner_type,
    to_concept_url: mapping.to_concept_url,
    to_concept_code: mapping.to_concept_code,
    to_concept_name: mapping.to_concept_name,
    to_concept_name_resolved: mapping.to_concept_name_resolved,
    to_source_url: mapping.to_source_url,
    to_source_name: mapping.to_source_name,
    to_source_name_resolved: mapping.to_source_name_resolved,
    to_source_owner: mapping.to_source_owner,
    to_source_owner_type: mapping.to_source_owner_type,
    // Not in rows that have none.
    from_source_version: mapping.from_source_version ?? null,
    to_source_version: mapping.to_source_version ?? null,
    sort_weight: mapping.sort_weight,
    extras: mapping.extras,
  }
}

function rowOf(content: MappingContent, frame: Frame) {
  const { external_id, retired, retire_reason, map_type, sort_weight, extras, ...rest } = content
  const { from_source_version, to_source_version, ...ends } = rest
  return {
    type: 'Mapping',
    uuid: frame.uuid,
    id: frame.id,
    external_id,
    retired,
    retire_reason,
    map_type,
    ...ends,
    // Left out where there is none: readers of exports know mappings without.
    ...(from_source_version !== null && { from_source_version }),
    ...(to_source_version !== null && { to_source_version }),
    sort_weight,
    extras,
    source: frame.source.id,
    owner: frame.source.owner,
    owner_type: frame.ownerType,
    owner_url: frame.ownerUrl,
    url: frame.url,
    version_url: `${frame.url}${frame.number}/`,
    version: String(frame.number),
    versioned_object_id: frame.childUuid,
    versioned_object_url: frame.url,
    is_latest_version: true,
    update_comment: frame.comment,
    created_on: frame.createdOn,
    updated_on: frame.now,
    created_at: frame.createdOn,
    updated_at: frame.now,
    version_created_on: frame.now,
    version_updated_on: frame.now,
    created_by: frame.createdBy,
    updated_by: frame.actor,
    version_updated_by: frame.actor,
  }
}

/**
 * What no other mapping of the source may say, whether or not its ends are here. Hashed: URLs are longer than an index
 * takes. Stored data depends on it.
 */
export function matchKeyOf(content: Pick<MappingContent, 'map_type'> & MappingEnds): string {
  const { from, to } = placesOf(content)
  return hashOf(JSON.stringify([content.map_type, pathOf(from), pathOf(to)]))
}

const pathOf = ({ sourceUrl, code }: Pick<EndPlace, 'sourceUrl' | 'code'>) => `${sourceUrl}concepts/${code}/`
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
const halfHashOf = (text: string) => hashOf(text).slice(0, 32)

/** By what the ends of mappings that are not here are found when they come. Stored data depends on it. */
export const openEndKey = ({ sourceUrl, code }: Pick<EndPlace, 'sourceUrl' | 'code'>): string =>
  `${openSourceKey(sourceUrl)}/${halfHashOf(code)}`

/** What the keys of all ends in a source begin with, before a slash. */
export const openSourceKey = (sourceUrl: string): string => halfHashOf(sourceUrl)

/** Rules of mappings that are linked so. */
export const mappingRules = (links: MappingLinks): ChildRules<MappingFields, MappingContent> => ({
  kind: 'mapping',
  contentOf,
  rowOf,
  searchOf: (content, id) => [id, content.from_concept_code, content.to_concept_code ?? ''].join('\n'),
  linksOf: content => {
    const { from, to } = placesOf(content)
    return {
      matchKey: matchKeyOf(content),
      fromSource: links.from,
      toSource: links.to,
      fromConcept: links.fromConcept,
      toConcept: links.toConcept,
      openFrom: links.fromConcept === null ? openEndKey(from) : null,
      openTo: links.toConcept === null ? openEndKey(to) : null,
    }
  },
  commentOf: ({ update_comment, comment }) => update_comment ?? comment ?? null,
})
