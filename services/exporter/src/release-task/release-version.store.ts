import type { Blob } from '@slipway/blobs'
import type { Queryable, Statement } from '@slipway/store'
import type { Read } from '../source/source.store.ts'

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

const bound: Statement = {
  name: 'release-version.bound',
  text: `select position, study_of(extras) as study from source
    where study_of(extras) = any($1) order by position limit $2`,
}
/** Whoever holds the lock of a source cuts its versions. */
const lock: Statement = {
  name: 'release-version.lock-source',
  text: 'select study_of(extras) as study from source where position = $1 for update',
}
/** A version of this name that was cut for the same release already: the exporter may take part in it twice. */
const cutBefore: Statement = {
  name: 'release-version.cut-before',
  text: `select v.position from source_version v
    where v.source = $1 and v.id = $2 and exists (
      select from release_version r join release_task t using (task) where r.version = v.position and t.release = v.id)`,
}
const add: Statement = {
  name: 'release-version.add',
  text: 'insert into release_version (task, source, study, version, label) values ($1, $2, $3, $4, $5)',
}
const list: Statement = {
  name: 'release-version.list',
  text: `select r.id, r.label, r.version, v.source, s.owner, r.blob, e.state as export_state, e.error as export_error,
      e.blob as export_blob, e.file_name as export_file_name
    from release_version r
    left join source_version v on v.position = r.version
    left join source s on s.position = v.source
    left join export e on e.version = r.version
    where r.task = $1 order by v.source, r.id`,
}
const keep: Statement = {
  name: 'release-version.keep',
  text: `update release_version r set blob = $2, file_name = $3, size = $4, sha256 = $5
    from release_task t
    where r.id = $1 and r.blob is null and t.task = r.task and t.state = 'running' returning r.id`,
}
const release: Statement = {
  name: 'release-version.release',
  text: `update source_version set released = true, updated_on = greatest(now_ms(), updated_on), updated_by = $2,
      seq = seq + 1
    where position = $1 and not released returning position`,
}
const forget: Statement = { name: 'release-version.forget', text: 'delete from release_version where id = $1' }
const file: Statement = {
  name: 'release-version.file',
  text: 'select blob, file_name from release_version where id = $1 and blob is not null',
}

export function boundSources(read: Read, studies: readonly string[], limit: number) {
  return read<{ position: number; study: string }>(bound, [studies, limit])
}

/** Takes the lock of a source; the study it is bound to, undefined when the source is gone. */
export async function lockBoundSource(tx: Queryable, position: number): Promise<string | null | undefined> {
  const [row] = await tx.query<{ study: string | null }>(lock, [position])
  return row?.study
}

export async function versionCutBefore(tx: Queryable, source: number, release: string): Promise<number | undefined> {
  const [row] = await tx.query<{ position: number }>(cutBefore, [source, release])
  return row?.position
}

export async function addVersion(
  tx: Queryable,
  task: string,
  given: { readonly source: string; readonly study: string; readonly version: number; readonly label: string },
): Promise<void> {
  await tx.query(add, [task, given.source, given.study, given.version, given.label])
}

export function versionsOf(read: Read, task: string): Promise<ReleaseVersion[]> {
  return read<ReleaseVersion>(list, [task])
}

/** False when the copy is not wanted any more, or there is one. */
export async function keepFile(tx: Queryable, id: string, name: string, fileName: string, blob: Blob) {
  return (await tx.query(keep, [id, name, fileName, blob.size, blob.sha256])).length > 0
}

/** False when it was released before, or is gone. */
export async function releaseVersion(tx: Queryable, position: number, actor: string): Promise<boolean> {
  return (await tx.query(release, [position, actor])).length > 0
}

export async function forgetVersion(tx: Queryable, id: string): Promise<void> {
  await tx.query(forget, [id])
}

export async function findFile(read: Read, id: string) {
  const [row] = await read<{ blob: string; file_name: string }>(file, [id])
  return row
}
