import { type PublicationState, type ReleaseFileFields, releaseFileEvents } from '@slipway/contracts'
import { type ChangeOf, emit, type Parameters, parametersOf, type Queryable } from '@slipway/store'
import { expressionBuilder, type QueryCreator, type Selectable, sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import { recordIn } from '../audit/record-audit.ts'
import type { Database } from '../database.ts'
import type { Author, AuthorParameters, PackageRow } from '../package/package-write.ts'
import { revise } from '../package/revised.ts'
import { prepare } from '../sql.ts'

type ChangeParameters = AuthorParameters & { readonly package: number; readonly version: number }
type Changed = Selectable<Database['release_file']>
type Changing = ChangeOf<Database, 'release_file'>
type Rows = {
  changed: Changed
  revised: { release_package_id: number; member: string; package_name: string }
  within: { version_name: string; version_state: PublicationState }
}

const p = parametersOf<ChangeParameters>()
const eb = expressionBuilder<Rows, keyof Rows>()

/** Neither labels nor where the bytes lie: whoever may subscribe need not be staff. */
const told = jsonBuildObject({
  release_file_id: eb.ref('changed.release_file_id'),
  release_version_id: eb.ref('changed.release_version_id'),
  release_package_id: eb.ref('revised.release_package_id'),
  member: eb.ref('revised.member'),
  state: eb.ref('within.version_state'),
})
const names = sql`jsonb_build_object('releasePackage.name', ${eb.ref('revised.package_name')},
  'releaseVersion.name', ${eb.ref('within.version_name')}, 'releaseFile.label', coalesce(${eb.ref('changed.label')}, ''))`

/** A change with its event and its entry in the trail. */
function prepareChange<Given>(
  verb: keyof typeof releaseFileEvents,
  name: string,
  trail: string,
  change: (db: QueryCreator<Database>, p: Parameters<ChangeParameters & Given>) => Changing,
) {
  return prepare<ChangeParameters & Given>()(name, db =>
    db
      .with('revised', q => revise(q, p))
      .with('within', q =>
        q
          .selectFrom('release_version')
          .select(c => [
            c.fn.coalesce('name', sql.lit('')).as('version_name'),
            c.ref('state').$castTo<PublicationState>().as('version_state'),
          ])
          .where('release_version_id', '=', p.version),
      )
      .with('changed', () => change(db, parametersOf<ChangeParameters & Given>()))
      .with('told', q =>
        emit(
          q,
          releaseFileEvents[verb],
          q
            .selectFrom(['changed', 'revised', 'within'])
            .select(c => [
              c.cast<string>('changed.release_file_id', 'text').as('aggregate'),
              (verb === 'deleted' ? c('changed.seq', '+', 1) : c.ref('changed.seq')).as('sequence'),
              p.actor.as('actor'),
              p.traceparent.as('traceparent'),
              told.as('data'),
            ]),
        ),
      )
      .with('recorded', q =>
        recordIn(
          q,
          ['release_package_id', 'release_version_id', 'release_file_id'],
          q
            .selectFrom(['changed', 'revised', 'within'])
            .select([
              p.principal.as('principal'),
              sql.lit(trail).as('type'),
              names.as('data'),
              'revised.release_package_id',
              'changed.release_version_id',
              'changed.release_file_id',
            ]),
        ),
      )
      .selectFrom('changed')
      .select('release_file_id'),
  )
}

type Fields = {
  readonly label: string | null
  readonly downloadUrl: string | null
  readonly md5Hash: string | null
  readonly fileSize: string | null
  readonly primaryFile: boolean
}

const insert = prepareChange<Fields>('created', 'file.insert', 'RELEASE_FILE_CREATED', (db, given) =>
  db
    .insertInto('release_file')
    .values({
      created_by: given.principal,
      release_version_id: given.version,
      label: given.label,
      download_url: given.downloadUrl,
      md5_hash: given.md5Hash,
      file_size: given.fileSize,
      primary_file: given.primaryFile,
    })
    .returningAll(),
)

/** Which fields were sent: the others stay as they are. */
type Sent = Readonly<Record<'hasLabel' | 'hasUrl' | 'hasMd5' | 'hasSize' | 'hasPrimary', boolean>>

const update = prepareChange<Fields & Sent & { id: number }>(
  'updated',
  'file.update',
  'RELEASE_FILE_UPDATED',
  (db, given) =>
    db
      .updateTable('release_file')
      .set(c => {
        const isSame = c('download_url', 'is not distinct from', given.downloadUrl)
        const keepsBytes = c.or([c.not(given.hasUrl), isSame])
        return {
          label: c.case().when(given.hasLabel).then(given.label).else(c.ref('label')).end(),
          download_url: c.case().when(given.hasUrl).then(given.downloadUrl).else(c.ref('download_url')).end(),
          sha256: c.case().when(keepsBytes).then(c.ref('sha256')).end(),
          md5_hash: c.case().when(given.hasMd5).then(given.md5Hash).else(c.ref('md5_hash')).end(),
          file_size: c.case().when(given.hasSize).then(given.fileSize).else(c.ref('file_size')).end(),
          primary_file: c.case().when(given.hasPrimary).then(given.primaryFile).else(c.ref('primary_file')).end(),
          seq: c('seq', '+', 1),
        }
      })
      .where('release_file_id', '=', given.id)
      .where('release_version_id', '=', given.version)
      .returningAll(),
)

const remove = prepareChange<{ id: number }>('deleted', 'file.remove', 'RELEASE_FILE_DELETED', (db, given) =>
  db
    .deleteFrom('release_file')
    .where('release_file_id', '=', given.id)
    .where('release_version_id', '=', given.version)
    .returningAll(),
)

/** Where a file is changed: its version, of a package that is locked. */
export type Place = { readonly parent: PackageRow; readonly releaseVersionId: number; readonly author: Author }

const by = ({ parent, releaseVersionId, author }: Place) => ({
  ...author,
  package: parent.release_package_id,
  version: releaseVersionId,
})

const fieldsOf = ({ label, downloadUrl, md5Hash, fileSize, primaryFile }: ReleaseFileFields): Fields => ({
  label: label ?? null,
  downloadUrl: downloadUrl ?? null,
  md5Hash: md5Hash ?? null,
  fileSize: fileSize ?? null,
  primaryFile: primaryFile ?? false,
})

export async function insertFile(tx: Queryable, place: Place, fields: ReleaseFileFields): Promise<number> {
  const [row] = await tx.query(insert, { ...by(place), ...fieldsOf(fields) })
  return (row as { release_file_id: number }).release_file_id
}

/** Changes what was sent; false when the version has no such file. */
export async function updateFile(tx: Queryable, place: Place, id: number, fields: ReleaseFileFields): Promise<boolean> {
  const sent: Sent = {
    hasLabel: fields.label !== undefined,
    hasUrl: fields.downloadUrl !== undefined,
    hasMd5: fields.md5Hash !== undefined,
    hasSize: fields.fileSize !== undefined,
    hasPrimary: fields.primaryFile !== undefined,
  }
  return (await tx.query(update, { ...by(place), ...fieldsOf(fields), ...sent, id })).length > 0
}

/** False when the version has no such file, or no longer. */
export async function removeFile(tx: Queryable, place: Place, id: number): Promise<boolean> {
  return (await tx.query(remove, { ...by(place), id })).length > 0
}
