import type { Queryable, Statement } from '@slipway/store'
import { exactColumns } from '../exact-columns.ts'
import { refuseReaderWords } from '../reader-words.ts'
import { notFound } from '../rights.ts'
import type { Read } from '../source/source.store.ts'
import type { SourceDetail } from '../source/source.ts'

export type VersionRow = {
  readonly position: number
  readonly uuid: string
  readonly source: number
  readonly id: string
  readonly released: boolean
  readonly retired: boolean
  readonly description: string | null
  readonly external_id: string | null
  readonly version_external_id: string | null
  readonly extras: Readonly<Record<string, unknown>>
  readonly previous_version: string | null
  readonly parent_version: string | null
  /** Null for HEAD. */
  readonly snapshot: SourceDetail | null
  readonly active_concepts: number
  readonly active_mappings: number
  readonly all_concepts: number
  readonly all_mappings: number
  readonly member_bytes: number
  readonly last_updated: string
  readonly created_on: string
  readonly created_by: string
  readonly updated_on: string
  readonly updated_by: string
  readonly seq: number
  readonly processing: boolean
  readonly export_error: string | null
}

const select = `select v.position, v.uuid, v.source, v.id, v.released, v.retired, v.description, v.external_id,
    v.version_external_id, v.extras::text, previous.id as previous_version, parent.id as parent_version, v.snapshot::text,
    v.active_concepts, v.active_mappings, v.all_concepts, v.all_mappings, v.member_bytes, iso_ms(v.last_updated) as last_updated,
    iso_ms(v.created_on) as created_on, v.created_by, iso_ms(v.updated_on) as updated_on, v.updated_by, v.seq,
    coalesce(e.state in ('queued', 'running'), false) as processing, e.error as export_error
  from source_version v
  left join source_version previous on previous.position = v.previous_version
  left join source_version parent on parent.position = v.parent_version
  left join export e on e.version = v.position`

const find: Statement = {
  name: 'version.find',
  text: `${select} where v.source = $1 and (v.id = $2 or v.uuid::text = $2) order by v.id = $2 desc limit 1`,
}
const byPosition: Statement = { name: 'version.by-position', text: `${select} where v.position = $1` }
const latest: Statement = {
  name: 'version.latest',
  text: `${select} where v.source = $1 and v.released and not v.retired and v.id <> 'HEAD'
    order by v.created_on desc, v.id limit 1`,
}
const where = `v.source = $1 and ($2::boolean is null or v.released = $2)
  and ($3::boolean is null or coalesce(e.state in ('queued', 'running'), false) = $3)`
const count: Statement = {
  name: 'version.count',
  text: `select count(*) as total from source_version v left join export e on e.version = v.position where ${where}`,
}
const page: Statement = {
  name: 'version.page',
  text: `${select} where ${where} order by v.id = 'HEAD' desc, v.created_on desc, v.id limit $4 offset $5`,
}
const positionOf: Statement = {
  name: 'version.position-of',
  text: `select position from source_version where source = $1 and id = $2 and id <> 'HEAD'`,
}
const newest: Statement = {
  name: 'version.newest',
  text: `select position from source_version where source = $1 and id <> 'HEAD' order by created_on desc, id limit 1`,
}
const taken: Statement = { name: 'version.taken', text: 'select 1 from source_version where source = $1 and id = $2' }
const clock: Statement = {
  name: 'version.clock',
  text: `update source set clock = greatest(now_ms(), clock), versions = versions + 1 where position = $1
    returning iso_ms(clock) as now`,
}
const insert: Statement = {
  name: 'version.insert',
  text: `insert into source_version (source, id, released, description, external_id, version_external_id, extras,
      previous_version, parent_version, snapshot, last_updated, created_on, created_by, updated_on, updated_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $11, $12) returning position`,
}
/** Freezes what is live now. The lock of the source is held. */
const freeze: Statement = {
  name: 'version.freeze',
  text: `insert into member (version, kind, child, child_version)
    select $1, kind, position, head from child where source = $2`,
}
const summarise: Statement = {
  name: 'version.summarise',
  text: `update source_version v set active_concepts = s.concepts, active_mappings = s.mappings,
      all_concepts = s.all_concepts, all_mappings = s.all_mappings, member_bytes = s.bytes, last_updated = coalesce(s.last_updated, v.created_on)
    from (
      select count(*) filter (where m.kind = 'concept' and not c.retired) as concepts,
        count(*) filter (where m.kind = 'mapping' and not c.retired) as mappings,
        count(*) filter (where m.kind = 'concept') as all_concepts,
        count(*) filter (where m.kind = 'mapping') as all_mappings,
        coalesce(sum(octet_length(c.body)), 0) as bytes, max(c.updated_on) as last_updated
      from member m join child_version c on c.position = m.child_version where m.version = $1
    ) s
    where v.position = $1`,
}
const update: Statement = {
  name: 'version.update',
  text: `update source_version set released = $2, retired = $3, description = $4, external_id = $5,
      version_external_id = $6, extras = $7, previous_version = $8, parent_version = $9,
      updated_on = greatest(now_ms(), updated_on), updated_by = $10, seq = seq + 1
    where position = $1`,
}
/** Versions that came after it follow the one before it. */
const remove: Statement = {
  name: 'version.delete',
  text: `with gone as (delete from source_version where position = $1 returning source),
    skipped as (
      update source_version later set previous_version = deleted.previous_version
      from source_version deleted where deleted.position = $1 and later.previous_version = deleted.position
    )
    update source set versions = versions - 1 from gone where position = gone.source`,
}

const exact = (row: VersionRow) => exactColumns(row, 'extras', 'snapshot')

/** By id or uuid; `latest`: the newest that is released and not retired. @throws `not_found` */
export async function findVersion(read: Read, source: number, version: string): Promise<VersionRow> {
  const [row] =
    version === 'latest' ? await read<VersionRow>(latest, [source]) : await read<VersionRow>(find, [source, version])
  if (!row) throw notFound()
  return exact(row)
}

export async function versionAt(read: Read, position: number): Promise<VersionRow | undefined> {
  const [row] = await read<VersionRow>(byPosition, [position])
  return row && exact(row)
}

export type VersionFilter = { readonly released: boolean | null; readonly processing: boolean | null }

export async function countVersions(read: Read, source: number, { released, processing }: VersionFilter) {
  const [row] = await read<{ total: number }>(count, [source, released, processing])
  return row?.total ?? 0
}

export async function listVersions(
  read: Read,
  source: number,
  { released, processing }: VersionFilter,
  { limit, offset }: { readonly limit: number | null; readonly offset: number },
): Promise<VersionRow[]> {
  const rows = await read<VersionRow>(page, [source, released, processing, limit, offset])
  return rows.map(exact)
}

/** Position of a version, or undefined; HEAD is none. */
export async function versionPosition(tx: Queryable, source: number, id: string): Promise<number | undefined> {
  const [row] = await tx.query<{ position: number }>(positionOf, [source, id])
  return row?.position
}

export async function newestVersion(tx: Queryable, source: number): Promise<number | undefined> {
  const [row] = await tx.query<{ position: number }>(newest, [source])
  return row?.position
}

export async function isVersionTaken(tx: Queryable, source: number, id: string): Promise<boolean> {
  return (await tx.query(taken, [source, id])).length > 0
}

export type VersionValues = {
  readonly released: boolean
  readonly description: string | null
  readonly external_id: string | null
  readonly version_external_id: string | null
  readonly extras: Readonly<Record<string, unknown>>
  readonly previous: number | null
  readonly parent: number | null
}

/** Freezes the live state of the source, whose lock is held, and returns the position of the new version. @throws `invalid` */
export async function freezeVersion(
  tx: Queryable,
  source: number,
  id: string,
  values: VersionValues,
  snapshot: SourceDetail,
  actor: string,
): Promise<number> {
  refuseReaderWords({ id, ...values, created_by: actor })
  const { released, description, external_id, version_external_id, extras, previous, parent } = values
  const [ticked] = await tx.query<{ now: string }>(clock, [source])
  const own = [released, description, external_id, version_external_id, extras, previous, parent]
  const [made] = await tx.query<{ position: number }>(insert, [source, id, ...own, snapshot, ticked?.now, actor])
  const { position } = made as { position: number }
  await tx.query(freeze, [position, source])
  await tx.query(summarise, [position])
  return position
}

export async function updateVersion(
  tx: Queryable,
  position: number,
  values: VersionValues & { readonly retired: boolean },
  actor: string,
): Promise<void> {
  refuseReaderWords({ ...values, updated_by: actor })
  const { released, retired, description, external_id, version_external_id, extras, previous, parent } = values
  const own = [released, retired, description, external_id, version_external_id, extras, previous, parent]
  await tx.query(update, [position, ...own, actor])
}

export async function deleteVersion(tx: Queryable, position: number): Promise<void> {
  await tx.query(remove, [position])
}
