import { type PublicationState, releaseFileEvents, releaseVersionEvents } from '@slipway/contracts'
import { type ChangeOf, emit, type Parameters, parametersOf, type Queryable } from '@slipway/store'
import { type Expression, expressionBuilder, type QueryCreator, type Selectable, sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import { recordIn } from '../audit/record-audit.ts'
import type { Database } from '../database.ts'
import type { Author, AuthorParameters, PackageRow } from '../package/package-write.ts'
import { revise } from '../package/revised.ts'
import { prepare } from '../sql.ts'
import type { VersionRow, VersionValues } from './lock-version.ts'

type ChangeParameters = AuthorParameters & { readonly package: number }
type Changed = Selectable<Database['release_version']>
type Changing = ChangeOf<Database, 'release_version'>

const p = parametersOf<ChangeParameters>()
const eb = expressionBuilder<
  { changed: Changed; revised: { member: string; package_name: string }; file: { release_file_id: number } },
  'changed' | 'revised' | 'file'
>()
const state = eb.ref('changed.state').$castTo<PublicationState>()
const place = {
  release_version_id: eb.ref('changed.release_version_id'),
  release_package_id: eb.ref('changed.release_package_id'),
  member: eb.ref('revised.member'),
  state,
}
const told = { ...place, archive: eb.ref('changed.archive') }
const names = sql`jsonb_build_object('releasePackage.name', ${eb.ref('revised.package_name')},
  'releaseVersion.name', coalesce(${eb.ref('changed.name')}, ''))`

/** Columns of an event of the row `changed`, but for its number and what it tells. */
const event = [
  eb.cast<string>('changed.release_version_id', 'text').as('aggregate'),
  p.actor.as('actor'),
  p.traceparent.as('traceparent'),
] as const

/** A change with its event and its entry in the trail. `was`: the state before; undefined: there was no version. */
function prepareChange<Given>(
  name: string,
  trail: Expression<string>,
  was: Expression<PublicationState> | undefined,
  change: (db: QueryCreator<Database>, p: Parameters<ChangeParameters & Given>) => Changing,
) {
  return prepare<ChangeParameters & Given>()(name, db =>
    db
      .with('revised', q => revise(q, p))
      .with('changed', () => change(db, parametersOf<ChangeParameters & Given>()))
      .with('told', q => {
        const rows = q.selectFrom(['changed', 'revised']).select([...event, 'changed.seq as sequence'])
        if (!was) return emit(q, releaseVersionEvents.created, rows.select(jsonBuildObject(told).as('data')))
        return emit(q, releaseVersionEvents.updated, rows.select(jsonBuildObject({ ...told, was }).as('data')))
      })
      .with('recorded', q =>
        recordIn(
          q,
          ['release_package_id', 'release_version_id'],
          q
            .selectFrom(['changed', 'revised'])
            .select([
              p.principal.as('principal'),
              sql<string>`${trail}`.as('type'),
              names.as('data'),
              'changed.release_package_id',
              'changed.release_version_id',
            ]),
        ),
      )
      .selectFrom('changed')
      .select('release_version_id'),
  )
}

const valuesOf = (given: Parameters<VersionValues>) => ({
  name: given.name,
  description: given.description,
  summary: given.summary,
  release_type: given.release_type,
  published_at: given.published_at,
  version_uri: given.version_uri,
  version_dependent_uri: given.version_dependent_uri,
  version_dependent_derivative_uri: given.version_dependent_derivative_uri,
  package_type: given.package_type,
})

const insert = prepareChange<VersionValues>(
  'version.insert',
  sql.lit('RELEASE_VERSION_CREATED'),
  undefined,
  (db, given) =>
    db
      .insertInto('release_version')
      .values({ created_by: given.principal, release_package_id: given.package, ...valuesOf(given) })
      .returningAll(),
)

const before = sql<PublicationState>`${parametersOf<{ was: PublicationState }>().was}::text`
const update = prepareChange<VersionValues & { id: number; was: PublicationState }>(
  'version.update',
  sql`case when ${state} = ${before} then 'RELEASE_VERSION_UPDATED' else 'RELEASE_VERSION_TAKEN_' || upper(${state}) end`,
  before,
  (db, given) =>
    db
      .updateTable('release_version')
      .set(c => ({
        ...valuesOf(given),
        entry_id: c.fn<string>('gen_random_uuid'),
        updated_at: c.fn<string>('now'),
        seq: c('seq', '+', 1),
      }))
      .where('release_version_id', '=', given.id)
      .returningAll(),
)

const archive = prepareChange<{ id: number; archived: boolean }>(
  'version.archive',
  sql`case when ${eb.ref('changed.archive')} then 'RELEASE_VERSION_ARCHIVED' else 'RELEASE_VERSION_UNARCHIVED' end`,
  state,
  (db, given) =>
    db
      .updateTable('release_version')
      .set(c => ({ archive: given.archived, seq: c('seq', '+', 1) }))
      .where('release_version_id', '=', given.id)
      .returningAll(),
)

/** The files go along, each with its own entry in the trail, as if they had been removed before. */
const remove = prepare<ChangeParameters & { id: number }>()('version.remove', (db, { id }) =>
  db
    .with('revised', q => revise(q, p))
    .with('file', q =>
      q
        .deleteFrom('release_file')
        .where('release_version_id', '=', id)
        .returning(c => ['release_file_id', 'label', c('seq', '+', 1).as('file_seq')]),
    )
    .with('changed', q => q.selectFrom('release_version').selectAll().where('release_version_id', '=', id))
    .with('files_told', q =>
      emit(
        q,
        releaseFileEvents.deleted,
        q
          .selectFrom(['file', 'changed', 'revised'])
          .select(c => [
            c.cast<string>('file.release_file_id', 'text').as('aggregate'),
            'file_seq as sequence',
            p.actor.as('actor'),
            p.traceparent.as('traceparent'),
            jsonBuildObject({ release_file_id: eb.ref('file.release_file_id'), ...place }).as('data'),
          ])
          .orderBy('file.release_file_id'),
      ),
    )
    .with('files_recorded', q =>
      recordIn(
        q,
        ['release_package_id', 'release_version_id', 'release_file_id'],
        q
          .selectFrom(['file', 'changed', 'revised'])
          .select(c => [
            p.principal.as('principal'),
            sql.lit('RELEASE_FILE_DELETED').as('type'),
            sql`${names} || jsonb_build_object('releaseFile.label', ${c.fn.coalesce('label', sql.lit(''))})`.as('data'),
            'changed.release_package_id',
            'release_version_id',
            'release_file_id',
          ])
          .orderBy('release_file_id'),
      ),
    )
    .with('told', q =>
      emit(
        q,
        releaseVersionEvents.deleted,
        q
          .selectFrom(['changed', 'revised'])
          .select(c => [...event, c('changed.seq', '+', 1).as('sequence'), jsonBuildObject(told).as('data')]),
      ),
    )
    .with('recorded', q =>
      recordIn(
        q,
        ['release_package_id', 'release_version_id'],
        q
          .selectFrom(['changed', 'revised'])
          .select([
            p.principal.as('principal'),
            sql.lit('RELEASE_VERSION_DELETED').as('type'),
            names.as('data'),
            'changed.release_package_id',
            'release_version_id',
          ]),
      ),
    )
    .deleteFrom('release_version')
    .where('release_version_id', '=', id),
)

export async function insertVersion(
  tx: Queryable,
  parent: PackageRow,
  values: VersionValues,
  author: Author,
): Promise<number> {
  const [row] = await tx.query(insert, { ...author, ...values, package: parent.release_package_id })
  return (row as { release_version_id: number }).release_version_id
}

export async function updateVersion(
  tx: Queryable,
  parent: PackageRow,
  { release_version_id: id, state: was }: VersionRow,
  values: VersionValues,
  author: Author,
): Promise<void> {
  await tx.query(update, { ...author, ...values, package: parent.release_package_id, id, was })
}

export async function archiveVersion(
  tx: Queryable,
  parent: PackageRow,
  { release_version_id: id }: VersionRow,
  archived: boolean,
  author: Author,
): Promise<void> {
  await tx.query(archive, { ...author, package: parent.release_package_id, id, archived })
}

export async function removeVersion(
  tx: Queryable,
  parent: PackageRow,
  { release_version_id: id }: VersionRow,
  author: Author,
): Promise<void> {
  await tx.query(remove, { ...author, package: parent.release_package_id, id })
}
