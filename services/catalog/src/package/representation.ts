import { rowJson } from '@slipway/store'
import { type Expression, expressionBuilder, sql } from 'kysely'
import type { Database } from '../database.ts'
import { instantText } from '../instant.ts'
import type { Sight } from './visibility.ts'

type Rows = {
  package: Database['release_package']
  version: Database['release_version']
  file: Database['release_file']
}
const eb = expressionBuilder<Database & Rows, keyof Rows>()

/** All rows of a query as JSON, in the order of a column. */
const listed = (rows: Expression<unknown>, key: string) =>
  sql<
    unknown[]
  >`coalesce((select json_agg(row_to_json(shown) order by ${sql.ref(`shown.${key}`)}) from ${rows} shown), '[]')`

const downloadPath = sql<string>`'/api/releasePackages/' || ${eb.ref('version.release_package_id')}
  || '/releaseVersions/' || ${eb.ref('version.release_version_id')}
  || '/releaseFiles/' || ${eb.ref('file.release_file_id')} || '/download'`

const fileColumns = ({ origins }: Sight) => [
  eb.ref('file.release_file_id').as('releaseFileId'),
  eb.ref('file.label').as('label'),
  instantText(eb.ref('file.created_at')).as('createdAt'),
  downloadPath.as('clientDownloadUrl'),
  eb.ref('file.md5_hash').as('md5Hash'),
  eb.ref('file.file_size').as('fileSize'),
  eb.ref('file.primary_file').as('primaryFile'),
  ...(origins ? [eb.ref('file.download_url').as('downloadUrl')] : []),
]

const versionColumns = (sight: Sight) => {
  const files = eb
    .selectFrom('release_file as file')
    .select(fileColumns(sight))
    .whereRef('file.release_version_id', '=', 'version.release_version_id')
  return [
    eb.ref('version.release_version_id').as('releaseVersionId'),
    eb.ref('version.entry_id').as('id'),
    instantText(eb.ref('version.created_at')).as('createdAt'),
    instantText(eb.ref('version.updated_at')).as('updatedAt'),
    instantText(eb.ref('version.updated_at')).as('lastUpdated'),
    eb.ref('version.name').as('name'),
    eb.ref('version.description').as('description'),
    eb.ref('version.summary').as('summary'),
    eb('version.state', '=', 'online').as('online'),
    eb.ref('version.release_type').as('releaseType'),
    eb.ref('version.published_at').as('publishedAt'),
    eb.ref('version.version_uri').as('versionURI'),
    eb.ref('version.version_dependent_uri').as('versionDependentURI'),
    eb.ref('version.version_dependent_derivative_uri').as('versionDependentDerivativeURI'),
    eb.ref('version.package_type').as('packageType'),
    eb.ref('version.archive').as('archive'),
    listed(files, 'releaseFileId').as('releaseFiles'),
  ]
}

const packageColumns = (sight: Sight) => {
  const versions = eb
    .selectFrom('release_version as version')
    .select(versionColumns(sight))
    .whereRef('version.release_package_id', '=', 'package.release_package_id')
    .where('version.state', 'in', sight.states)
  return [
    eb.ref('package.release_package_id').as('releasePackageId'),
    instantText(eb.ref('package.created_at')).as('createdAt'),
    instantText(eb.ref('package.updated_at')).as('updatedAt'),
    sql<{ key: string }>`json_build_object('key', ${eb.ref('package.member')})`.as('member'),
    eb.ref('package.name').as('name'),
    eb.ref('package.description').as('description'),
    eb.ref('package.copyrights').as('copyrights'),
    eb.ref('package.uri').as('releasePackageURI'),
    eb.ref('package.priority').as('priority'),
    listed(versions, 'releaseVersionId').as('releaseVersions'),
  ]
}

/** A representation as the viewer sees it, as JSON text: of the row `package`, `version` or (with `version`) `file`. */
export const packageBody = (sight: Sight) => sql<string>`${rowJson(packageColumns(sight))}::text`
export const versionBody = (sight: Sight) => sql<string>`${rowJson(versionColumns(sight))}::text`
export const fileBody = (sight: Sight) => sql<string>`${rowJson(fileColumns(sight))}::text`

/** Whether lists hold the row `package`. */
export const isListed = ({ unpublished }: Sight) => {
  const isActive = eb('package.inactive_at', 'is', null)
  if (unpublished) return isActive
  return isActive.and(
    eb.exists(
      eb
        .selectFrom('release_version as version')
        .select([])
        .whereRef('version.release_package_id', '=', 'package.release_package_id')
        .where('version.state', 'in', ['online', 'alpha/beta']),
    ),
  )
}
