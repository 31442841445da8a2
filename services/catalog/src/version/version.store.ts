import { type PublicationState, releaseFileEvents, releaseVersionEvents } from '@slipway/contracts'
import { type AnyTx, outboxColumns, type Queryable, type Statement } from '@slipway/store'
import { auditColumns } from '../audit/record-audit.ts'
import type { Author, PackageRow } from '../package/package-write.ts'
import { versionBody } from '../package/representation.ts'
import type { Sight } from '../package/visibility.ts'

const { noun } = releaseVersionEvents.created
const { noun: fileNoun } = releaseFileEvents.created

/** $1 … $4 are principal, actor, trace and package in all of these statements. */
const revised = `
  update release_package set revision = revision + 1 where release_package_id = $4
  returning member, coalesce(name, '') as package_name, revision`

const tell = (verb: string, data = '') => `
  insert into platform.outbox (${outboxColumns})
  select '${noun}', '${verb}', release_version_id::text, seq, $2, $3,
    json_build_object('release_version_id', release_version_id, 'release_package_id', release_package_id,
      'member', member, 'state', state, 'archive', archive ${data})
  from changed, revised`

const record = (type: string) => `
  insert into audit_event (${auditColumns})
  select $1, ${type}, jsonb_build_object('releasePackage.name', package_name, 'releaseVersion.name', coalesce(name, '')),
    release_package_id, release_version_id, null::bigint, null::bigint, null::bigint
  from changed, revised`

const insert: Statement = {
  name: 'version.insert',
  text: `with revised as (${revised}), changed as (
      insert into release_version (created_by, release_package_id, name, description, summary, release_type,
        published_at, version_uri, version_dependent_uri, version_dependent_derivative_uri, package_type)
      values ($1, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning *
    ), told as (${tell('created')}), recorded as (${record(`'RELEASE_VERSION_CREATED'`)})
    select release_version_id from changed`,
}

const update: Statement = {
  name: 'version.update',
  text: `with revised as (${revised}), changed as (
      update release_version set name = $5, description = $6, summary = $7, release_type = $8, published_at = $9,
        version_uri = $10, version_dependent_uri = $11, version_dependent_derivative_uri = $12, package_type = $13,
        entry_id = gen_random_uuid(), updated_at = now(), seq = seq + 1
      where release_version_id = $14 returning *
    ), told as (${tell('updated', `, 'was', $15::text`)}), recorded as (${record(
      `case when state = $15 then 'RELEASE_VERSION_UPDATED' else 'RELEASE_VERSION_TAKEN_' || upper(state) end`,
    )})
    select release_version_id from changed`,
}

const archive: Statement = {
  name: 'version.archive',
  text: `with revised as (${revised}), changed as (
      update release_version set archive = $6, seq = seq + 1 where release_version_id = $5 returning *
    ), told as (${tell('updated', `, 'was', state`)}), recorded as (${record(
      `case when archive then 'RELEASE_VERSION_ARCHIVED' else 'RELEASE_VERSION_UNARCHIVED' end`,
    )})
    select release_version_id from changed`,
}

/** The files go along, each with its own entry in the trail, as if they had been removed before. */
const remove: Statement = {
  name: 'version.remove',
  text: `with revised as (${revised}), file as (
      delete from release_file where release_version_id = $5
      returning release_file_id, label, seq + 1 as file_seq
    ), changed as (
      select v.* from release_version v where v.release_version_id = $5
    ), files_told as (
      insert into platform.outbox (${outboxColumns})
      select '${fileNoun}', 'deleted', release_file_id::text, file_seq, $2, $3,
        json_build_object('release_file_id', release_file_id, 'release_version_id', release_version_id,
          'release_package_id', release_package_id, 'member', member, 'state', state)
      from file, changed, revised order by release_file_id
    ), files_recorded as (
      insert into audit_event (${auditColumns})
      select $1, 'RELEASE_FILE_DELETED', jsonb_build_object('releasePackage.name', package_name,
          'releaseVersion.name', coalesce(name, ''), 'releaseFile.label', coalesce(label, '')),
        release_package_id, release_version_id, release_file_id, null::bigint, null::bigint
      from file, changed, revised order by release_file_id
    ), told as (${tell('deleted').replace(' seq,', ' seq + 1,')}), recorded as (${record(`'RELEASE_VERSION_DELETED'`)})
    delete from release_version where release_version_id = $5`,
}

const lock: Statement = {
  name: 'version.lock',
  text: `select release_version_id, name, description, summary, release_type, state, published_at, version_uri,
      version_dependent_uri, version_dependent_derivative_uri, package_type, archive,
      to_char(now() at time zone 'UTC', 'YYYY-MM-DD') as today
    from release_version where release_version_id = $1 and release_package_id = $2 for no key update`,
}

export type VersionValues = {
  readonly name: string | null
  readonly description: string | null
  readonly summary: string | null
  readonly release_type: string
  readonly published_at: string | null
  readonly version_uri: string | null
  readonly version_dependent_uri: string | null
  readonly version_dependent_derivative_uri: string | null
  readonly package_type: string | null
}
export type VersionRow = VersionValues & {
  readonly release_version_id: number
  readonly state: PublicationState
  readonly archive: boolean
  /** In UTC, by the clock of the database. */
  readonly today: string
}

const by = ({ principal, actor, traceparent }: Author, { release_package_id: id }: PackageRow) => [
  ...[principal, actor, traceparent, id],
]

const valuesOf = (values: VersionValues) => [
  ...[values.name, values.description, values.summary, values.release_type, values.published_at, values.version_uri],
  ...[values.version_dependent_uri, values.version_dependent_derivative_uri, values.package_type],
]

/** A version of a package that is locked; undefined when it has no such version. */
export async function lockVersion(tx: AnyTx, id: number, parent: PackageRow): Promise<VersionRow | undefined> {
  const [row] = await tx.query<VersionRow>(lock, [id, parent.release_package_id])
  return row
}

export async function insertVersion(
  tx: AnyTx,
  parent: PackageRow,
  values: VersionValues,
  author: Author,
): Promise<number> {
  const rows = await tx.query<{ release_version_id: number }>(insert, [...by(author, parent), ...valuesOf(values)])
  return (rows[0] as { release_version_id: number }).release_version_id
}

export async function updateVersion(
  tx: AnyTx,
  parent: PackageRow,
  before: VersionRow,
  values: VersionValues,
  author: Author,
): Promise<void> {
  const { release_version_id: id, state } = before
  await tx.query(update, [...by(author, parent), ...valuesOf(values), id, state])
}

export async function archiveVersion(
  tx: AnyTx,
  parent: PackageRow,
  { release_version_id: id }: VersionRow,
  archived: boolean,
  author: Author,
): Promise<void> {
  await tx.query(archive, [...by(author, parent), id, archived])
}

export async function removeVersion(
  tx: AnyTx,
  parent: PackageRow,
  { release_version_id: id }: VersionRow,
  author: Author,
): Promise<void> {
  await tx.query(remove, [...by(author, parent), id])
}

export type ShownVersion = {
  readonly body: string
  readonly state: PublicationState
  readonly revision: number
}

/** A version of an active package, in whatever state; undefined when the package has no such version. */
export async function readVersion(
  read: Queryable['query'],
  id: number,
  packageId: number,
  sight: Sight,
): Promise<ShownVersion | undefined> {
  const statement: Statement = {
    name: `version.read-${sight.name}`,
    text: `select ${versionBody(sight)} as body, version.state, package.revision
      from release_version version join release_package package using (release_package_id)
      where version.release_version_id = $1 and package.release_package_id = $2 and package.inactive_at is null`,
  }
  const [shown] = await read<ShownVersion>(statement, [id, packageId])
  return shown
}

const packageOf: Statement = {
  name: 'version.package',
  text: `select release_package_id as id from release_version join release_package using (release_package_id)
    where release_version_id = $1 and inactive_at is null`,
}

/** The active package that a version is in. */
export async function packageOfVersion(read: Queryable['query'], id: number): Promise<number | undefined> {
  const [row] = await read<{ id: number }>(packageOf, [id])
  return row?.id
}

const dependents: Statement = {
  name: 'version.dependents',
  text: `select exists (
      select from release_version dependent
      join release_package using (release_package_id)
      where inactive_at is null and (btrim(dependent.version_dependent_uri) = btrim(version.version_uri)
        or btrim(dependent.version_dependent_derivative_uri) = btrim(version.version_uri))
    ) as found
    from release_version version where release_version_id = $1 and btrim(version_uri) <> ''`,
}

/** Whether any version names this one as what it depends on. */
export async function hasDependents(read: Queryable['query'], id: number): Promise<boolean> {
  const [row] = await read<{ found: boolean }>(dependents, [id])
  return row?.found === true
}
