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
    insert into study (kf_id, name, visible, created_at)
    select kf_id, name, visible, created_at
    from json_to_recordset($1::json) as x(kf_id text, name text, visible boolean, created_at timestamptz)
    on conflict (kf_id) do update
      set name = excluded.name, visible = excluded.visible, deleted = false,
        created_at = coalesce(study.created_at, excluded.created_at), seq = study.seq + 1
      where study.deleted or (study.name, study.visible) is distinct from (excluded.name, excluded.visible)
    returning kf_id, name, visible, deleted, seq, seq = 1 as added`,
}

/** Inserts and updates; answers only what was changed. A study that is back is no longer marked as deleted. */
export async function upsertStudies(tx: Queryable, studies: readonly MirroredStudy[]): Promise<ChangedStudy[]> {
  return tx.query<ChangedStudy>(upsert, [JSON.stringify(studies)])
}

const mark: Statement = {
  name: 'study-mirror-mark',
  text: `
    update study set deleted = true, seq = seq + 1
    where not deleted and kf_id <> all($1::text[])
    returning kf_id, name, visible, deleted, seq, false as added`,
}

const missing: Statement = {
  name: 'study-mirror-missing',
  text: `select count(*)::integer as deleted from study where kf_id <> all($1::text[])`,
}

/** Marks what the data service no longer has. The number counts all that are missing, also those marked before. */
export async function markDeleted(tx: Queryable, present: readonly MirroredStudy[]) {
  const ids = present.map(study => study.kf_id)
  const changed = await tx.query<ChangedStudy>(mark, [ids])
  const [row] = await tx.query<{ deleted: number }>(missing, [ids])
  return { deleted: row?.deleted ?? 0, changed }
}
