import { type PublicationState, type ReleaseFileFields, releaseFileEvents } from '@slipway/contracts'
import { type AnyTx, outboxColumns, type Queryable, type Statement } from '@slipway/store'
import { auditColumns } from '../audit/record-audit.ts'
import type { Author, PackageRow } from '../package/package-write.ts'
import { fileBody } from '../package/representation.ts'
import type { Sight } from '../package/visibility.ts'

const { noun } = releaseFileEvents.created

/** $1 … $5 are principal, actor, trace, package and version in all of these statements. */
const revised = `
  update release_package set revision = revision + 1 where release_package_id = $4
  returning release_package_id, member, coalesce(name, '') as package_name`

const within = `
  select coalesce(name, '') as version_name, state as version_state from release_version where release_version_id = $5`

/** Neither labels nor where the bytes lie: whoever may subscribe need not be staff. */
const tell = (verb: string, sequence = 'seq') => `
  insert into platform.outbox (${outboxColumns})
  select '${noun}', '${verb}', release_file_id::text, ${sequence}, $2, $3,
    json_build_object('release_file_id', release_file_id, 'release_version_id', release_version_id,
      'release_package_id', release_package_id, 'member', member, 'state', version_state)
  from changed, revised, within`

const record = (type: string) => `
  insert into audit_event (${auditColumns})
  select $1, '${type}', jsonb_build_object('releasePackage.name', package_name, 'releaseVersion.name', version_name,
      'releaseFile.label', coalesce(label, '')),
    release_package_id, release_version_id, release_file_id, null::bigint, null::bigint
  from changed, revised, within`

const insert: Statement = {
  name: 'file.insert',
  text: `with revised as (${revised}), within as (${within}), changed as (
      insert into release_file (created_by, release_version_id, label, download_url, md5_hash, file_size, primary_file)
      values ($1, $5, $6, $7, $8, $9, $10) returning *
    ), told as (${tell('created')}), recorded as (${record('RELEASE_FILE_CREATED')})
    select release_file_id from changed`,
}

/** $11 says of each field in turn whether it was sent. */
const update: Statement = {
  name: 'file.update',
  text: `with revised as (${revised}), within as (${within}), changed as (
      update release_file set
        label = case when ($11::bool[])[1] then $6 else label end,
        download_url = case when ($11::bool[])[2] then $7 else download_url end,
        sha256 = case when not ($11::bool[])[2] or download_url is not distinct from $7 then sha256 end,
        md5_hash = case when ($11::bool[])[3] then $8 else md5_hash end,
        file_size = case when ($11::bool[])[4] then $9 else file_size end,
        primary_file = case when ($11::bool[])[5] then $10 else primary_file end,
        seq = seq + 1
      where release_file_id = $12 and release_version_id = $5 returning *
    ), told as (${tell('updated')}), recorded as (${record('RELEASE_FILE_UPDATED')})
    select release_file_id from changed`,
}

const remove: Statement = {
  name: 'file.remove',
  text: `with revised as (${revised}), within as (${within}), changed as (
      delete from release_file where release_file_id = $6 and release_version_id = $5 returning *
    ), told as (${tell('deleted', 'seq + 1')}), recorded as (${record('RELEASE_FILE_DELETED')})
    select release_file_id from changed`,
}

/** Where a file is changed: its version, of a package that is locked. */
export type Place = { readonly parent: PackageRow; readonly releaseVersionId: number; readonly author: Author }

type Changed = { readonly release_file_id: number }

const by = ({ parent, releaseVersionId, author }: Place) => [
  ...[author.principal, author.actor, author.traceparent, parent.release_package_id, releaseVersionId],
]

const valuesOf = ({ label, downloadUrl, md5Hash, fileSize, primaryFile }: ReleaseFileFields) => [
  ...[label, downloadUrl, md5Hash, fileSize, primaryFile ?? false],
]

export async function insertFile(tx: AnyTx, place: Place, fields: ReleaseFileFields): Promise<number> {
  const [row] = await tx.query<Changed>(insert, [...by(place), ...valuesOf(fields)])
  return (row as Changed).release_file_id
}

/** Changes what was sent; false when the version has no such file. */
export async function updateFile(tx: AnyTx, place: Place, id: number, fields: ReleaseFileFields): Promise<boolean> {
  const { label, downloadUrl, md5Hash, fileSize, primaryFile } = fields
  const sent = [label, downloadUrl, md5Hash, fileSize, primaryFile].map(value => value !== undefined)
  return (await tx.query(update, [...by(place), ...valuesOf(fields), sent, id])).length > 0
}

/** False when the version has no such file, or no longer. */
export async function removeFile(tx: AnyTx, place: Place, id: number): Promise<boolean> {
  return (await tx.query(remove, [...by(place), id])).length > 0
}

export type FileTarget = {
  readonly releasePackageId: number
  readonly releaseVersionId: number
  readonly releaseFileId: number
}
export type ShownFile = {
  readonly body: string
  readonly state: PublicationState
  readonly revision: number
}

const inPackage = `
  from release_file file join release_version version using (release_version_id)
  join release_package package using (release_package_id)
  where file.release_file_id = $1 and release_version_id = $2 and release_package_id = $3
    and package.inactive_at is null`

const addresses = ({ releaseFileId, releaseVersionId, releasePackageId }: FileTarget) => [
  ...[releaseFileId, releaseVersionId, releasePackageId],
]

/** A file at its path; undefined when one of its parents is another one. */
export async function readFile(
  read: Queryable['query'],
  target: FileTarget,
  sight: Sight,
): Promise<ShownFile | undefined> {
  const statement: Statement = {
    name: `file.read-${sight.name}`,
    text: `select ${fileBody(sight)} as body, version.state, package.revision ${inPackage}`,
  }
  const [shown] = await read<ShownFile>(statement, addresses(target))
  return shown
}

export type FileOrigin = { readonly url: string | null; readonly state: PublicationState }

const origin: Statement = {
  name: 'file.origin',
  text: `select file.download_url as url, version.state ${inPackage}`,
}

/** Where the bytes lie; undefined when there is no such file. */
export async function originOf(read: Queryable['query'], target: FileTarget): Promise<FileOrigin | undefined> {
  const [row] = await read<FileOrigin>(origin, addresses(target))
  return row
}
