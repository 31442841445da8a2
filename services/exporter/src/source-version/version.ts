import type { SourceRow } from '../source/source.store.ts'
import { attributesOf, sourceDetail } from '../source/source.ts'
import type { VersionRow } from './version.store.ts'

/** Path of a version of the source at `url`. */
export const versionUrl = (url: string, version: string): string => `${url}${version}/`

/** The source as the version knows it; HEAD shows the live one. */
export const sourceOf = (version: VersionRow, source: SourceRow) => version.snapshot ?? sourceDetail(source)

/** The keys that begin an export, in their order; a reader of 2015 looks for `type`, then for an object, then for rows. */
export function versionHeader(version: VersionRow, source: SourceRow) {
  const frozen = sourceOf(version, source)
  const { url } = frozen
  const previous = version.previous_version === null ? null : versionUrl(url, version.previous_version)
  const isHead = version.snapshot === null
  return {
    type: 'Source Version',
    id: version.id,
    version: version.id,
    uuid: version.uuid,
    short_code: frozen.short_code,
    name: frozen.name,
    full_name: frozen.full_name,
    description: isHead ? frozen.description : version.description,
    external_id: isHead ? frozen.external_id : version.external_id,
    version_external_id: version.version_external_id,
    released: version.released,
    retired: version.retired,
    owner: frozen.owner,
    owner_type: frozen.owner_type,
    owner_url: frozen.owner_url,
    source_type: frozen.source_type,
    public_access: frozen.public_access,
    default_locale: frozen.default_locale,
    website: frozen.website,
    custom_validation_schema: frozen.custom_validation_schema,
    supported_locales: frozen.supported_locales,
    ...attributesOf(frozen),
    created_on: version.created_on,
    updated_on: isHead ? frozen.updated_on : version.updated_on,
    created_by: version.created_by,
    updated_by: isHead ? frozen.updated_by : version.updated_by,
    extras: isHead ? frozen.extras : version.extras,
    active_concepts: isHead ? frozen.active_concepts : version.active_concepts,
    active_mappings: isHead ? frozen.active_mappings : version.active_mappings,
    version_url: versionUrl(url, version.id),
    url,
    sourceUrl: url,
    previousVersionUrl: previous,
    previous_version_url: previous,
    parentVersionUrl: version.parent_version === null ? null : versionUrl(url, version.parent_version),
  }
}

export function versionDetail(version: VersionRow, source: SourceRow) {
  const header = versionHeader(version, source)
  return {
    ...header,
    is_processing: version.processing,
    export_error: version.export_error,
    concepts_url: `${header.version_url}concepts/`,
    mappings_url: `${header.version_url}mappings/`,
  }
}

export function versionRow(version: VersionRow, source: SourceRow) {
  const { id, type, short_code, name, released, retired, owner, owner_type, owner_url, url, ...rest } = versionHeader(
    version,
    source,
  )
  const { version_url, previous_version_url, created_on, updated_on } = rest
  const head = { id, version: id, type, short_code, name, released, retired, owner, owner_type, owner_url, url }
  return { ...head, version_url, previous_version_url, created_on, updated_on }
}

/** The data of its events. */
export function versionEventData(version: VersionRow, source: SourceRow) {
  const { version_url, url, id, released, retired } = versionHeader(version, source)
  return { url: version_url, source_url: url, public_access: source.public_access, version: id, released, retired }
}
