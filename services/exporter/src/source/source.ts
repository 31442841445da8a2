import { sourceAttributes } from '@slipway/contracts'
import { ownerTypeName, ownerUrl, sourceUrl } from '../paths.ts'
import type { SourceRow } from './source.store.ts'

/** Where a source is. */
export const targetOf = ({ owner_type, owner, id }: Pick<SourceRow, 'owner_type' | 'owner' | 'id'>) => ({
  ownerType: owner_type,
  owner,
  source: id,
})

/** The attributes that are set; readers of exports know a source without any. */
export const attributesOf = (from: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(sourceAttributes.flatMap(name => (from[name] == null ? [] : [[name, from[name]]])))

/** A source as it is answered, and as versions keep it. `type` is first and an object stands before any rows: clients rely on it. */
export function sourceDetail(row: SourceRow) {
  const target = targetOf(row)
  const url = sourceUrl(target)
  return {
    type: 'Source',
    uuid: row.uuid,
    id: row.id,
    short_code: row.id,
    name: row.name,
    full_name: row.full_name,
    description: row.description,
    source_type: row.source_type,
    public_access: row.public_access,
    default_locale: row.default_locale,
    supported_locales: row.supported_locales,
    website: row.website,
    custom_validation_schema: row.custom_validation_schema,
    external_id: row.external_id,
    ...attributesOf(row.attributes),
    extras: row.extras,
    owner: row.owner,
    owner_type: ownerTypeName[row.owner_type],
    owner_url: ownerUrl(target),
    version: 'HEAD',
    versions: row.versions,
    active_concepts: row.active_concepts,
    active_mappings: row.active_mappings,
    url,
    versions_url: `${url}versions/`,
    concepts_url: `${url}concepts/`,
    mappings_url: `${url}mappings/`,
    created_on: row.created_on,
    created_by: row.created_by,
    updated_on: row.updated_on,
    updated_by: row.updated_by,
  } as const
}

export type SourceDetail = ReturnType<typeof sourceDetail>

/** The data of its events. */
export function sourceEventData(row: SourceRow) {
  const { url, id, owner, owner_type, owner_url, name, public_access } = sourceDetail(row)
  return { url, source_id: id, owner, owner_type, owner_url, name, public_access }
}
