import type { Parameters, Queryable } from '@slipway/store'
import { type Expression, expressionBuilder, type Kysely, sql } from 'kysely'
import type { Database } from '../database.ts'
import { exactColumns, type JsonText, jsonText } from '../exact-columns.ts'
import type { Range } from '../page.ts'
import { notFound } from '../rights.ts'
import type { Read } from '../source/source.store.ts'
import type { SourceDetail } from '../source/source.ts'
import { isoMs, prepare, type RowOf } from '../sql.ts'

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

const select = (db: Kysely<Database>) =>
  db
    .selectFrom('source_version as v')
    .leftJoin('source_version as previous', 'previous.position', 'v.previous_version')
    .leftJoin('source_version as parent', 'parent.position', 'v.parent_version')
    .leftJoin('export as e', 'e.version', 'v.position')
    .select(eb => [
      ...(['v.position', 'v.uuid', 'v.source', 'v.id', 'v.released', 'v.retired', 'v.description'] as const),
      ...(['v.external_id', 'v.version_external_id', 'v.active_concepts', 'v.active_mappings'] as const),
      ...(['v.all_concepts', 'v.all_mappings', 'v.member_bytes', 'v.created_by', 'v.updated_by', 'v.seq'] as const),
      jsonText<VersionRow['extras']>(eb.ref('v.extras')).as('extras'),
      'previous.id as previous_version',
      'parent.id as parent_version',
      jsonText<SourceDetail>(eb.ref('v.snapshot')).$castTo<JsonText<SourceDetail> | null>().as('snapshot'),
      isoMs(eb.ref('v.last_updated')).as('last_updated'),
      isoMs(eb.ref('v.created_on')).as('created_on'),
      isoMs(eb.ref('v.updated_on')).as('updated_on'),
      isProcessing(eb.ref('e.state')).as('processing'),
      'e.error as export_error',
    ])

/** Whether the export of a version is queued or being made. */
const isProcessing = (state: Expression<string | null>) =>
  sql<boolean>`coalesce(${state} in ('queued', 'running'), false)`

type Filter = VersionFilter & { readonly source: number }

/** `v` and `e` as in `select`. */
const filtered = ({ source, released, processing }: Parameters<Filter>) => {
  const eb = expressionBuilder<{ v: Database['source_version']; e: Database['export'] }, 'v' | 'e'>()
  return eb.and([
    eb('v.source', '=', source),
    eb.or([sql<boolean>`${released}::boolean is null`, eb('v.released', '=', released)]),
    eb.or([sql<boolean>`${processing}::boolean is null`, eb(isProcessing(eb.ref('e.state')), '=', processing)]),
  ])
}

const find = prepare<{ source: number; version: string }>()('version.find', (db, p) =>
  select(db)
    .where('v.source', '=', p.source)
    .where(eb => eb.or([eb('v.id', '=', p.version), sql<boolean>`${eb.ref('v.uuid')}::text = ${p.version}`]))
    .orderBy(eb => eb('v.id', '=', p.version), 'desc')
    .limit(1),
)
const byPosition = prepare<{ position: number }>()('version.by-position', (db, p) =>
  select(db).where('v.position', '=', p.position),
)
const latest = prepare<{ source: number }>()('version.latest', (db, p) =>
  select(db)
    .where('v.source', '=', p.source)
    .where('v.released', '=', sql<boolean>`true`)
    .where(eb => eb.not(eb.ref('v.retired')))
    .where('v.id', '<>', 'HEAD')
    .orderBy('v.created_on', 'desc')
    .orderBy('v.id')
    .limit(1),
)
const count = prepare<Filter>()('version.count', (db, p) =>
  db
    .selectFrom('source_version as v')
    .leftJoin('export as e', 'e.version', 'v.position')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where(filtered(p)),
)
const page = prepare<Filter & Range>()('version.page', (db, p) =>
  select(db)
    .where(filtered(p))
    .orderBy(eb => eb('v.id', '=', 'HEAD'), 'desc')
    .orderBy('v.created_on', 'desc')
    .orderBy('v.id')
    .limit(p.limit)
    .offset(p.offset),
)
const positionOf = prepare<{ source: number; id: string }>()('version.position-of', (db, p) =>
  db
    .selectFrom('source_version')
    .select('position')
    .where('source', '=', p.source)
    .where('id', '=', p.id)
    .where('id', '<>', 'HEAD'),
)
const newest = prepare<{ source: number }>()('version.newest', (db, p) =>
  db
    .selectFrom('source_version')
    .select('position')
    .where('source', '=', p.source)
    .where('id', '<>', 'HEAD')
    .orderBy('created_on', 'desc')
    .orderBy('id')
    .limit(1),
)
const taken = prepare<{ source: number; id: string }>()('version.taken', (db, p) =>
  db.selectFrom('source_version').select(sql.lit(1).as('one')).where('source', '=', p.source).where('id', '=', p.id),
)

const exact = (row: RowOf<typeof find>): VersionRow => exactColumns(row, 'extras', 'snapshot')

/** By id or uuid; `latest`: the newest that is released and not retired. @throws `not_found` */
export async function findVersion(read: Read, source: number, version: string): Promise<VersionRow> {
  const [row] = version === 'latest' ? await read(latest, { source }) : await read(find, { source, version })
  if (!row) throw notFound()
  return exact(row)
}

export async function versionAt(read: Read, position: number): Promise<VersionRow | undefined> {
  const [row] = await read(byPosition, { position })
  return row && exact(row)
}

export type VersionFilter = { readonly released: boolean | null; readonly processing: boolean | null }

export async function countVersions(read: Read, source: number, filter: VersionFilter) {
  const [row] = await read(count, { source, ...filter })
  return row?.total ?? 0
}

export async function listVersions(
  read: Read,
  source: number,
  filter: VersionFilter,
  { limit, offset }: Range,
): Promise<VersionRow[]> {
  const rows = await read(page, { source, ...filter, limit, offset })
  return rows.map(exact)
}

/** Position of a version, or undefined; HEAD is none. */
export async function versionPosition(tx: Queryable, source: number, id: string): Promise<number | undefined> {
  const [row] = await tx.query(positionOf, { source, id })
  return row?.position
}

export async function newestVersion(tx: Queryable, source: number): Promise<number | undefined> {
  const [row] = await tx.query(newest, { source })
  return row?.position
}

export async function isVersionTaken(tx: Queryable, source: number, id: string): Promise<boolean> {
  return (await tx.query(taken, { source, id })).length > 0
}
