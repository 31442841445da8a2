import type { Sight } from './visibility.ts'

/** An instant in the notation of the MLDS API: UTC, milliseconds. */
const instant = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

const fileColumns = ({ origins }: Sight) => `
  file.release_file_id as "releaseFileId", file.label, ${instant('file.created_at')} as "createdAt",
  '/api/releasePackages/' || version.release_package_id || '/releaseVersions/' || version.release_version_id ||
    '/releaseFiles/' || file.release_file_id || '/download' as "clientDownloadUrl",
  file.md5_hash as "md5Hash", file.file_size as "fileSize", file.primary_file as "primaryFile"
  ${origins ? ', file.download_url as "downloadUrl"' : ''}`

const versionColumns = (sight: Sight) => `
  version.release_version_id as "releaseVersionId", version.entry_id as id,
  ${instant('version.created_at')} as "createdAt", ${instant('version.updated_at')} as "updatedAt",
  ${instant('version.updated_at')} as "lastUpdated", version.name, version.description, version.summary,
  version.state = 'online' as online, version.release_type as "releaseType", version.published_at as "publishedAt",
  version.version_uri as "versionURI", version.version_dependent_uri as "versionDependentURI",
  version.version_dependent_derivative_uri as "versionDependentDerivativeURI", version.package_type as "packageType",
  version.archive, coalesce((
    select json_agg(row_to_json(file_shown) order by file_shown."releaseFileId") from (
      select ${fileColumns(sight)} from release_file file where file.release_version_id = version.release_version_id
    ) file_shown), '[]') as "releaseFiles"`

const statesOf = ({ states }: Sight) => states.map(state => `'${state}'`).join(', ')

const packageColumns = (sight: Sight) => `
  package.release_package_id as "releasePackageId", ${instant('package.created_at')} as "createdAt",
  ${instant('package.updated_at')} as "updatedAt", json_build_object('key', package.member) as member, package.name,
  package.description, package.copyrights, package.uri as "releasePackageURI", package.priority, coalesce((
    select json_agg(row_to_json(version_shown) order by version_shown."releaseVersionId") from (
      select ${versionColumns(sight)} from release_version version
      where version.release_package_id = package.release_package_id and version.state in (${statesOf(sight)})
    ) version_shown), '[]') as "releaseVersions"`

const asText = (columns: string) => `(select row_to_json(shown) from (select ${columns}) shown)::text`

/** SQL of a representation as the viewer sees it, as JSON text: of the row `package`, `version` or (with `version`) `file`. */
export const packageBody = (sight: Sight): string => asText(packageColumns(sight))
export const versionBody = (sight: Sight): string => asText(versionColumns(sight))
export const fileBody = (sight: Sight): string => asText(fileColumns(sight))

/** SQL condition: whether lists hold the row `package`. */
export const isListed = ({ unpublished }: Sight): string =>
  unpublished
    ? 'package.inactive_at is null'
    : `package.inactive_at is null and exists (
        select from release_version version
        where version.release_package_id = package.release_package_id and version.state in ('online', 'alpha/beta'))`
