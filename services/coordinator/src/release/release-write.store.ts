import { type ReleaseState, releaseEvents } from '@slipway/contracts'
import type { Queryable, Statement, Tx } from '@slipway/store'
import type { Database } from '../database.ts'
import type { JobEvent } from '../platform-task/job-kinds.ts'
import { projectEvents } from '../platform-task/project.ts'
import type { Version } from './version.ts'

export type NewRelease = {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly author: string
  readonly tags: readonly string[]
  readonly is_major: boolean
  readonly studies: readonly string[]
}

export type By = { readonly actor: string; readonly traceparent: string | undefined }

const insert: Statement = {
  name: 'release-insert',
  text: `
    with created as (
      insert into release (kf_id, name, description, author, tags, is_major, state, major, minor, patch)
      values ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8, $9)
      returning name, state, version
    ), included as (
      insert into release_study (release, study, ordinal, metadata_version)
      select $1, study, ordinal, (select o.version from study_object o where o.accession = study)
      from unnest($10::text[]) with ordinality as x(study, ordinal)
      returning study, metadata_version
    ), pointed as (
      update study set latest_release = $1 where kf_id = any($10::text[])
    ), issued as (
      insert into command (release, action) values ($1, 'enlist')
    )
    insert into platform.outbox (noun, verb, aggregate, sequence, actor, traceparent, data)
    select 'release', 'created', $1, 1, $11, $12, json_build_object('release_id', $1::text, 'name', name,
      'state', state, 'previous_state', null, 'version', version, 'studies', $10::text[], 'author', $4::text,
      'study_versions', (select json_object_agg(study, metadata_version::text) from included
        where metadata_version is not null))
    from created
    returning noun, verb, aggregate, actor, data`,
}

/** Writes a new release with the command that gets it going. The caller holds the lock on version numbers. */
export async function insertRelease(tx: Queryable, release: NewRelease, version: Version, by: By): Promise<void> {
  const { id, name, description, author, tags, is_major, studies } = release
  const { major, minor, patch } = version
  const told = await tx.query<JobEvent>(insert, [
    id,
    name,
    description,
    author,
    tags,
    is_major,
    major,
    minor,
    patch,
    studies,
    by.actor,
    by.traceparent ?? null,
  ])
  await projectEvents(tx, told)
}

export type CurrentRelease = {
  readonly name: string
  readonly description: string
  readonly author: string
  readonly tags: string[]
  readonly is_major: boolean
  readonly state: ReleaseState
  readonly studies: string[]
}

const lock: Statement = {
  name: 'release-lock-fields',
  text: `select name, description, author, tags, is_major, state from release where kf_id = $1 for update`,
}
const studies: Statement = {
  name: 'release-study-list',
  text: `select study from release_study where release = $1 order by ordinal`,
}

/** Locks a release for a change of its description; undefined if there is none. */
export async function lockFields(tx: Queryable, id: string): Promise<CurrentRelease | undefined> {
  const [row] = await tx.query<Omit<CurrentRelease, 'studies'>>(lock, [id])
  if (!row) return undefined
  const included = await tx.query<{ study: string }>(studies, [id])
  return { ...row, studies: included.map(({ study }) => study) }
}

const record: Statement = {
  name: 'release-updated',
  text: `
    with numbered as (update release set seq = seq + 1 where kf_id = $1 returning *)
    insert into platform.outbox (noun, verb, aggregate, sequence, actor, traceparent, data)
    select '${releaseEvents.updated.noun}', '${releaseEvents.updated.verb}', kf_id, seq, $2, $3,
      json_build_object('release_id', kf_id, 'name', name, 'state', state, 'previous_state', state,
        'version', version, 'studies', $4::text[])
    from numbered`,
}

const replaceStudies: Statement = {
  name: 'release-replace-studies',
  text: `
    with kept as (
      insert into release_study (release, study, ordinal)
      select $1, study, ordinal from unnest($2::text[]) with ordinality as x(study, ordinal)
      on conflict (release, study) do update set ordinal = excluded.ordinal
    )
    delete from release_study where release = $1 and study <> all($2::text[])`,
}

const pointAgain: Statement = {
  name: 'release-point-studies',
  text: `
    update study s set
      latest_release = (select r.kf_id from release_study rs join release r on r.kf_id = rs.release
        where rs.study = s.kf_id order by r.created_at desc, r.position desc limit 1),
      latest_published = (select r.kf_id from release_study rs join release r on r.kf_id = rs.release
        where rs.study = s.kf_id and r.state = 'published' order by r.created_at desc, r.position desc limit 1)
    where s.kf_id = any($1::text[])`,
}

export type ReleaseFields = Partial<Omit<NewRelease, 'id'>>

/** Writes only the given fields of a locked release, and the event of the change. */
export async function updateFields(
  tx: Tx<Database>,
  id: string,
  current: CurrentRelease,
  given: ReleaseFields,
  by: By,
): Promise<void> {
  const { studies: included, ...columns } = given
  if (Object.keys(columns).length > 0) {
    const { tags, ...others } = columns
    await tx.db
      .updateTable('release')
      .set({ ...others, ...(tags && { tags: [...tags] }) })
      .where('kf_id', '=', id)
      .execute()
  }
  if (included) {
    await tx.query(replaceStudies, [id, included])
    await tx.query(pointAgain, [[...new Set([...current.studies, ...included])]])
  }
  await tx.query(record, [id, by.actor, by.traceparent ?? null, included ?? current.studies])
}
