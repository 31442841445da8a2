import type { Queryable, Statement } from '@slipway/store'

/** A study as the data service tells of it. */
export type MirroredStudy = {
  readonly kf_id: string
  readonly name: string
  readonly visible: boolean
  readonly created_at: string | null
}

/** A study that a run of the mirror changed. */
export type ChangedStudy = {
  readonly kf_id: string
  readonly name: string
  readonly visible: boolean
  readonly deleted: boolean
  readonly seq: number
  readonly added: boolean
}

const lock: Statement = {
  name: 'study-mirror-lock',
  text: `select pg_advisory_xact_lock(hashtext('slipway.study-mirror'))`,
}

/** One run at a time over all replicas. */
export async function lockMirror(tx: Queryable): Promise<void> {
  await tx.query(lock)
}

const upsert: Statement = {
  name: 'study-mirror-upsert',
  text: `
    insert into study (kf_id, name, visible, created_at, origin)
    select kf_id, name, visible, created_at, 'dataservice'
    from json_to_recordset($1::json) as x(kf_id text, name text, visible boolean, created_at timestamptz)
    on conflict (kf_id) do update
      set name = excluded.name, visible = excluded.visible, deleted = false,
        created_at = coalesce(study.created_at, excluded.created_at), updated_at = now(), seq = study.seq + 1
      where study.origin = 'dataservice' and (
        study.deleted or (study.name, study.visible) is distinct from (excluded.name, excluded.visible)
      )
    returning kf_id, name, visible, deleted, seq, seq = 1 as added`,
}

/** Inserts and updates; answers only what was changed. A study that is back is no longer marked as deleted. */
export async function upsertStudies(tx: Queryable, studies: readonly MirroredStudy[]): Promise<ChangedStudy[]> {
  return tx.query<ChangedStudy>(upsert, [JSON.stringify(studies)])
}

const ours: Statement = {
  name: 'study-mirror-ours',
  text: `select kf_id from study where origin = 'platform' and kf_id = any($1::text[])`,
}

/** The ids among these that studies made here have. */
export async function idsMadeHere(tx: Queryable, ids: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ kf_id: string }>(ours, [ids])
  return new Set(rows.map(({ kf_id }) => kf_id))
}

const mark: Statement = {
  name: 'study-mirror-mark',
  text: `
    update study set deleted = true, updated_at = now(), seq = seq + 1
    where origin = 'dataservice' and not deleted and kf_id <> all($1::text[])
    returning kf_id, name, visible, deleted, seq, false as added`,
}

const missing: Statement = {
  name: 'study-mirror-missing',
  text: `
    select count(*)::integer as deleted from study where origin = 'dataservice' and kf_id <> all($1::text[])`,
}

/**
 * Marks what the data service no longer has, by the ids of what it has. The number counts all that are missing, also
 * those marked before.
 */
export async function markDeleted(tx: Queryable, ids: readonly string[]) {
  const changed = await tx.query<ChangedStudy>(mark, [ids])
  const [row] = await tx.query<{ deleted: number }>(missing, [ids])
  return { deleted: row?.deleted ?? 0, changed }
}
