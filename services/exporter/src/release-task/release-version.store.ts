import type { Blob } from '@slipway/blobs'
import { exporterFileUrl } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { type Expression, sql } from 'kysely'
import type { Read } from '../source/source.store.ts'
import { nowMs, prepare } from '../sql.ts'

/** A version cut for a release, and what became of its export. */
export type ReleaseVersion = {
  readonly id: string
  readonly label: string
  /** Position of the version; null: somebody deleted it. */
  readonly version: number | null
  /** Position of its source. */
  readonly source: number | null
  readonly owner: string | null
  /** Name of the copy; null: not there yet. */
  readonly blob: string | null
  readonly export_state: 'absent' | 'queued' | 'running' | 'ready' | null
  readonly export_error: string | null
  readonly export_blob: string | null
  readonly export_file_name: string | null
}

/** The study that a source is bound to. */
const studyOf = (extras: Expression<unknown>) => sql<string | null>`study_of(${extras})`

const bound = prepare<{ studies: readonly string[]; limit: number }>()('release-version.bound', (db, p) =>
  db
    .selectFrom('source')
    .select(({ ref }) => ['position', studyOf(ref('extras')).as('study')])
    .where(({ ref }) => sql<boolean>`${studyOf(ref('extras'))} = any(${p.studies})`)
    .orderBy('position')
    .limit(p.limit),
)
/** Whoever holds the lock of a source cuts its versions. */
const lock = prepare<{ position: number }>()('release-version.lock-source', (db, p) =>
  db
    .selectFrom('source')
    .select(({ ref }) => studyOf(ref('extras')).as('study'))
    .where('position', '=', p.position)
    .forUpdate(),
)
/** A version of this name that was cut for the same release already: the exporter may take part in it twice. */
const cutBefore = prepare<{ source: number; release: string }>()('release-version.cut-before', (db, p) =>
  db
    .selectFrom('source_version as v')
    .select('v.position')
    .where('v.source', '=', p.source)
    .where('v.id', '=', p.release)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('release_version as r')
          .innerJoin('release_task as t', 't.task', 'r.task')
          .whereRef('r.version', '=', 'v.position')
          .whereRef('t.release', '=', 'v.id'),
      ),
    ),
)
type New = { readonly source: string; readonly study: string; readonly version: number; readonly label: string }
const add = prepare<New & { task: string }>()('release-version.add', (db, p) =>
  db
    .insertInto('release_version')
    .values({ task: p.task, source: p.source, study: p.study, version: p.version, label: p.label }),
)
const list = prepare<{ task: string }>()('release-version.list', (db, p) =>
  db
    .selectFrom('release_version as r')
    .leftJoin('source_version as v', 'v.position', 'r.version')
    .leftJoin('source as s', 's.position', 'v.source')
    .leftJoin('export as e', 'e.version', 'r.version')
    .select(['r.id', 'r.label', 'r.version', 'v.source', 's.owner', 'r.blob', 'e.state as export_state'])
    .select(['e.error as export_error', 'e.blob as export_blob', 'e.file_name as export_file_name'])
    .where('r.task', '=', p.task)
    .orderBy('v.source')
    .orderBy('r.id'),
)
const files = prepare<{ task: string }>()('release-task.files', (db, p) =>
  db
    .selectFrom('release_version')
    .select(({ ref }) => [
      ...(['id', 'study', 'label'] as const),
      // What has a copy has these.
      ref('file_name').$notNull().as('name'),
      sql<number>`${ref('size')}::float8`.as('size'),
      ref('sha256').$notNull().as('sha256'),
    ])
    .where('task', '=', p.task)
    .where('blob', 'is not', null)
    .orderBy('study')
    .orderBy('file_name')
    .orderBy('id'),
)
type Kept = {
  readonly id: string
  readonly blob: string
  readonly file_name: string
  readonly size: number
  readonly sha256: string
}
const keep = prepare<Kept>()('release-version.keep', (db, p) =>
  db
    .updateTable('release_version as r')
    .from('release_task as t')
    .set({ blob: p.blob, file_name: p.file_name, size: p.size, sha256: p.sha256 })
    .where('r.id', '=', p.id)
    .where('r.blob', 'is', null)
    .whereRef('t.task', '=', 'r.task')
    .where('t.state', '=', 'running')
    .returning('r.id'),
)
const release = prepare<{ position: number; actor: string }>()('release-version.release', (db, p) =>
  db
    .updateTable('source_version')
    .set(eb => ({
      released: true,
      updated_on: eb.fn<string>('greatest', [nowMs, 'updated_on']),
      updated_by: p.actor,
      seq: eb('seq', '+', 1),
    }))
    .where('position', '=', p.position)
    .where(({ not, ref }) => not(ref('released')))
    .returning('position'),
)
const forget = prepare<{ id: string }>()('release-version.forget', (db, p) =>
  db.deleteFrom('release_version').where('id', '=', p.id),
)
const file = prepare<{ id: string }>()('release-version.file', (db, p) =>
  db
    .selectFrom('release_version')
    // A copy has both.
    .select(({ ref }) => [ref('blob').$notNull().as('blob'), ref('file_name').$notNull().as('file_name')])
    .where('id', '=', p.id)
    .where('blob', 'is not', null),
)

export function boundSources(read: Read, studies: readonly string[], limit: number) {
  return read(bound, { studies, limit })
}

/** Takes the lock of a source; the study it is bound to, undefined when the source is gone. */
export async function lockBoundSource(tx: Queryable, position: number): Promise<string | null | undefined> {
  const [row] = await tx.query(lock, { position })
  return row?.study
}

export async function versionCutBefore(tx: Queryable, source: number, release: string): Promise<number | undefined> {
  const [row] = await tx.query(cutBefore, { source, release })
  return row?.position
}

export async function addVersion(tx: Queryable, task: string, given: New): Promise<void> {
  await tx.query(add, { task, ...given })
}

export function versionsOf(read: Read, task: string): Promise<ReleaseVersion[]> {
  return read(list, { task })
}

/** False when the copy is not wanted any more, or there is one. */
export async function keepFile(tx: Queryable, id: string, name: string, fileName: string, { size, sha256 }: Blob) {
  return (await tx.query(keep, { id, blob: name, file_name: fileName, size, sha256 })).length > 0
}

/** False when it was released before, or is gone. */
export async function releaseVersion(tx: Queryable, position: number, actor: string): Promise<boolean> {
  return (await tx.query(release, { position, actor })).length > 0
}

export async function forgetVersion(tx: Queryable, id: string): Promise<void> {
  await tx.query(forget, { id })
}

export async function findFile(read: Read, id: string) {
  const [row] = await read(file, { id })
  return row
}

/** The files of a task that are there, as the answers and reports of task services tell of them. */
export async function filesOf(read: Read, task: string) {
  const rows = await read(files, { task })
  return rows.map(({ id, ...file }) => ({ ...file, media_type: 'application/zip', url: exporterFileUrl(id) }))
}
