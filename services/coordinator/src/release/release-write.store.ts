import { type ReleaseState, releaseEvents } from '@slipway/contracts'
import { emit, type Queryable, type Tx } from '@slipway/store'
import { type Expression, sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import type { Database } from '../database.ts'
import { projectEvents } from '../platform-task/project.ts'
import { prepare } from '../sql.ts'
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

/** Ids of studies as rows `x`, with their places. */
const listed = (ids: Expression<string[]>) =>
  sql<{ study: string; ordinal: number }>`unnest(${ids}::text[]) with ordinality`.as<'x'>(sql`x(study, ordinal)`)

const insert = prepare<NewRelease & Version & By>()('release.insert', (db, p) =>
  db
    .with('created', q =>
      q
        .insertInto('release')
        .values({
          kf_id: p.id,
          name: p.name,
          description: p.description,
          author: p.author,
          tags: p.tags,
          is_major: p.is_major,
          state: 'waiting',
          major: p.major,
          minor: p.minor,
          patch: p.patch,
        })
        .returning(['kf_id', 'name', 'state', 'version', 'author']),
    )
    .with('included', q =>
      q
        .insertInto('release_study')
        .columns(['release', 'study', 'ordinal', 'metadata_version'])
        .expression(eb =>
          eb
            .selectFrom(listed(p.studies))
            .select(x => [
              p.id.as('release'),
              'x.study',
              'x.ordinal',
              x
                .selectFrom('study_object as o')
                .select('o.version')
                .whereRef('o.accession', '=', 'x.study')
                .as('metadata_version'),
            ]),
        )
        .returning(['study', 'metadata_version']),
    )
    .with('pointed', q =>
      q.updateTable('study').set({ latest_release: p.id }).where(sql<boolean>`kf_id = any(${p.studies}::text[])`),
    )
    .with('issued', q => q.insertInto('command').values({ release: p.id, action: 'enlist' }))
    .with('announced', q => {
      const events = q.selectFrom('created').select(eb => {
        const versions = eb
          .selectFrom('included')
          .select(sql<Record<string, string>>`json_object_agg(study, metadata_version::text)`.as('versions'))
          .where('metadata_version', 'is not', null)
        return [
          'kf_id as aggregate',
          sql.lit(1).as('sequence'),
          p.actor.as('actor'),
          p.traceparent.as('traceparent'),
          jsonBuildObject({
            release_id: eb.ref('kf_id'),
            name: eb.ref('name'),
            state: eb.ref('state'),
            previous_state: sql.lit(null),
            version: eb.ref('version'),
            studies: sql<string[]>`${p.studies}::text[]`,
            author: eb.ref('author'),
            study_versions: sql<Record<string, string> | null>`${versions}`,
          }).as('data'),
        ]
      })
      return emit(q, releaseEvents.waiting, events).returning(['noun', 'verb', 'aggregate', 'actor', 'data'])
    })
    .selectFrom('announced')
    .selectAll(),
)

/** Writes a new release with the command that gets it going. The caller holds the lock on version numbers. */
export async function insertRelease(tx: Queryable, release: NewRelease, version: Version, by: By): Promise<void> {
  await projectEvents(tx, await tx.query(insert, { ...release, ...version, ...by }))
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

const lock = prepare<{ id: string }>()('release.lock-fields', (db, p) =>
  db
    .selectFrom('release')
    .select(['name', 'description', 'author', 'tags', 'is_major', 'state'])
    .where('kf_id', '=', p.id)
    .forUpdate(),
)
const studies = prepare<{ id: string }>()('release.study-list', (db, p) =>
  db.selectFrom('release_study').select('study').where('release', '=', p.id).orderBy('ordinal'),
)

/** Locks a release for a change of its description; undefined if there is none. */
export async function lockFields(tx: Queryable, id: string): Promise<CurrentRelease | undefined> {
  const [row] = await tx.query(lock, { id })
  if (!row) return undefined
  const included = await tx.query(studies, { id })
  return { ...row, studies: included.map(({ study }) => study) }
}

const record = prepare<By & { id: string; studies: readonly string[] }>()('release.record-update', (db, p) =>
  db
    .with('numbered', q =>
      q
        .updateTable('release')
        .set(eb => ({ seq: eb('seq', '+', 1) }))
        .where('kf_id', '=', p.id)
        .returning(['kf_id', 'seq', 'name', 'state', 'version']),
    )
    .with('announced', q => {
      const events = q.selectFrom('numbered').select(eb => [
        'kf_id as aggregate',
        'seq as sequence',
        p.actor.as('actor'),
        p.traceparent.as('traceparent'),
        jsonBuildObject({
          release_id: eb.ref('kf_id'),
          name: eb.ref('name'),
          state: eb.ref('state'),
          previous_state: eb.ref('state'),
          version: eb.ref('version'),
          studies: sql<string[]>`${p.studies}::text[]`,
        }).as('data'),
      ])
      return emit(q, releaseEvents.updated, events)
    })
    .selectFrom('numbered')
    .select('kf_id'),
)

const replaceStudies = prepare<{ id: string; studies: readonly string[] }>()('release.replace-studies', (db, p) =>
  db
    .with('kept', q =>
      q
        .insertInto('release_study')
        .columns(['release', 'study', 'ordinal'])
        .expression(eb => eb.selectFrom(listed(p.studies)).select([p.id.as('release'), 'x.study', 'x.ordinal']))
        .onConflict(conflict =>
          conflict.columns(['release', 'study']).doUpdateSet(eb => ({ ordinal: eb.ref('excluded.ordinal') })),
        ),
    )
    .deleteFrom('release_study')
    .where('release', '=', p.id)
    .where(sql<boolean>`study <> all(${p.studies}::text[])`),
)

const pointAgain = prepare<{ studies: readonly string[] }>()('release.point-studies', (db, p) =>
  db
    .updateTable('study as s')
    .set(eb => {
      const newest = eb
        .selectFrom('release_study as rs')
        .innerJoin('release as r', 'r.kf_id', 'rs.release')
        .select('r.kf_id')
        .whereRef('rs.study', '=', 's.kf_id')
        .orderBy('r.created_at', 'desc')
        .orderBy('r.position', 'desc')
        .limit(sql.lit(1))
      return { latest_release: newest, latest_published: newest.where('r.state', '=', 'published') }
    })
    .where(sql<boolean>`s.kf_id = any(${p.studies}::text[])`),
)

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
    await tx.query(replaceStudies, { id, studies: included })
    await tx.query(pointAgain, { studies: [...new Set([...current.studies, ...included])] })
  }
  await tx.query(record, { id, ...by, studies: included ?? current.studies })
}
