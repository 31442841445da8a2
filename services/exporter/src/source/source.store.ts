import type { Identity, OwnerTarget, SourceTarget } from '@slipway/contracts'
import type { Parameters, Queryable } from '@slipway/store'
import { type Expression, expressionBuilder, type Kysely, sql } from 'kysely'
import type { Database } from '../database.ts'
import { exactColumns, jsonText } from '../exact-columns.ts'
import { refuseReaderWords } from '../reader-words.ts'
import { type Guarded, loginOf, notFound } from '../rights.ts'
import { isoMs, nowMs, prepare, type RowOf } from '../sql.ts'

export type Read = Queryable['query']

export type SourceRow = Guarded & {
  readonly position: number
  readonly uuid: string
  readonly owner_type: 'org' | 'user'
  readonly owner: string
  readonly id: string
  readonly name: string
  readonly full_name: string
  readonly description: string | null
  readonly source_type: string | null
  readonly default_locale: string
  readonly supported_locales: readonly string[]
  readonly website: string | null
  readonly custom_validation_schema: string | null
  readonly external_id: string | null
  readonly extras: Readonly<Record<string, unknown>>
  readonly attributes: Readonly<Record<string, unknown>>
  readonly versions: number
  readonly active_concepts: number
  readonly active_mappings: number
  readonly all_concepts: number
  readonly all_mappings: number
  readonly created_on: string
  readonly created_by: string
  readonly updated_on: string
  readonly updated_by: string
  readonly seq: number
}

const source = expressionBuilder<Database & { s: Database['source'] }, 's'>()

/** Whether a caller is the owner of the source `s`, or a member of the org that owns it. */
export const belongs = (login: Expression<string>) => {
  const isOwner = source(source.fn<string>('lower', ['s.owner']), '=', login)
  const isMember = source.exists(
    source.selectFrom('org_member as m').whereRef('m.org', '=', 's.owner').where('m.login', '=', login),
  )
  return source.case('s.owner_type').when('user').then(isOwner).else(isMember).end().$castTo<boolean>()
}

export const ownerType = source.ref('s.owner_type').$castTo<'org' | 'user'>().as('owner_type')

/** `login`: of the caller. */
const columns = (login: Expression<string>) =>
  [
    ...(['s.position', 's.uuid', 's.owner', 's.id', 's.name', 's.full_name', 's.description'] as const),
    ...(['s.source_type', 's.public_access', 's.default_locale', 's.supported_locales', 's.website'] as const),
    ...(['s.custom_validation_schema', 's.external_id', 's.versions', 's.active_concepts'] as const),
    ...(['s.active_mappings', 's.all_concepts', 's.all_mappings', 's.created_by', 's.updated_by', 's.seq'] as const),
    ownerType,
    jsonText<SourceRow['extras']>(source.ref('s.extras')).as('extras'),
    jsonText<SourceRow['attributes']>(source.ref('s.attributes')).as('attributes'),
    isoMs(source.ref('s.created_on')).as('created_on'),
    isoMs(source.ref('s.updated_on')).as('updated_on'),
    belongs(login).as('belongs'),
  ] as const

type Key = { readonly owner_type: string; readonly owner: string; readonly id: string }
type Asked = Key & { readonly login: string }

const selected = (db: Kysely<Database>, p: Parameters<Asked>) =>
  db
    .selectFrom('source as s')
    .select(columns(p.login))
    .where('s.owner_type', '=', p.owner_type)
    .where('s.owner', '=', p.owner)
    .where('s.id', '=', p.id)
const find = prepare<Asked>()('source.find', selected)
const locked = prepare<Asked>()('source.locked', (db, p) => selected(db, p).forUpdate('s'))
const at = prepare<{ position: number }>()('source.at', (db, p) =>
  db
    .selectFrom('source as s')
    .select(columns(sql.lit('')))
    .where('s.position', '=', p.position),
)

const fields = (p: Parameters<SourceValues>) => ({
  name: p.name,
  full_name: p.full_name,
  description: p.description,
  source_type: p.source_type,
  public_access: p.public_access,
  default_locale: p.default_locale,
  supported_locales: p.supported_locales,
  website: p.website,
  custom_validation_schema: p.custom_validation_schema,
  external_id: p.external_id,
  extras: p.extras,
  attributes: p.attributes,
})
const insert = prepare<Asked & SourceValues & { actor: string }>()('source.insert', (db, p) => {
  const key = { owner_type: p.owner_type, owner: p.owner, id: p.id }
  return db
    .with('s', q =>
      q
        .insertInto('source')
        .values({ ...key, ...fields(p), created_by: p.actor, updated_by: p.actor })
        .onConflict(oc => oc.doNothing())
        .returningAll(),
    )
    .with('head', q =>
      q
        .insertInto('source_version')
        .columns(['source', 'id', 'created_on', 'created_by', 'updated_on', 'updated_by'])
        .expression(
          q
            .selectFrom('s')
            .select(['position', sql.lit('HEAD').as('id'), 'created_on', 'created_by', 'updated_on', 'updated_by']),
        ),
    )
    .selectFrom('s')
    .select(columns(p.login))
})
const update = prepare<SourceValues & { position: number; actor: string }>()('source.update', (db, p) =>
  db
    .updateTable('source as s')
    .set(eb => ({
      ...fields(p),
      updated_on: eb.fn<string>('greatest', [nowMs, 's.updated_on']),
      updated_by: p.actor,
      seq: eb('s.seq', '+', 1),
    }))
    .where('s.position', '=', p.position)
    .returning(({ ref }) => ['s.seq', isoMs(ref('s.updated_on')).as('updated_on')]),
)
const remove = prepare<{ position: number }>()('source.delete', (db, p) =>
  db.deleteFrom('source').where('position', '=', p.position),
)
const foreignReferences = prepare<{ position: number }>()('source.foreign-references', (db, p) =>
  db
    .selectFrom('child')
    .select(sql.lit(1).as('one'))
    .where(eb => eb.or([eb('from_source', '=', p.position), eb('to_source', '=', p.position)]))
    .where('source', '<>', p.position)
    .limit(1),
)
const org = prepare<{ id: string; login: string }>()('source.org', (db, p) =>
  db
    .selectFrom('org as o')
    .select(eb => [
      'o.public_access',
      eb
        .exists(eb.selectFrom('org_member as m').whereRef('m.org', '=', 'o.id').where('m.login', '=', p.login))
        .$castTo<boolean>()
        .as('belongs'),
    ])
    .where('o.id', '=', p.id),
)

const exact = (row: RowOf<typeof find>): SourceRow => exactColumns(row, 'extras', 'attributes')
const askedOf = ({ ownerType, owner, source }: SourceTarget, login: string): Asked => ({
  owner_type: ownerType,
  owner,
  id: source,
  login,
})

/** @throws `not_found` */
export function findSource(read: Read, target: SourceTarget, identity: Identity | null): Promise<SourceRow> {
  return findSourceFor(read, target, loginOf(identity))
}

/** The same for somebody of whom only the login is known, in lower case. @throws `not_found` */
export async function findSourceFor(read: Read, target: SourceTarget, login: string): Promise<SourceRow> {
  const [row] = await read(find, askedOf(target, login))
  if (!row) throw notFound()
  return exact(row)
}

/** The same, locked: children are written and versions made by whoever holds this lock. */
export async function lockSource(tx: Queryable, target: SourceTarget, identity: Identity | null): Promise<SourceRow> {
  const [row] = await tx.query(locked, askedOf(target, loginOf(identity)))
  if (!row) throw notFound()
  return exact(row)
}

/** By its position; nobody's rights come with it. */
export async function sourceAt(read: Read, position: number): Promise<SourceRow | undefined> {
  const [row] = await read(at, { position })
  return row && exact(row)
}

/** The owner's rules; users are known to whoever asks. @throws `not_found` for an org that is not there */
export async function findOwner(read: Read, target: OwnerTarget, identity: Identity | null): Promise<Guarded> {
  const login = loginOf(identity)
  if (target.ownerType === 'user') return { public_access: 'View', belongs: target.owner.toLowerCase() === login }
  const [row] = await read(org, { id: target.owner, login })
  if (!row) throw notFound()
  return row
}

export type SourceValues = Pick<
  SourceRow,
  | 'name'
  | 'full_name'
  | 'description'
  | 'source_type'
  | 'public_access'
  | 'default_locale'
  | 'supported_locales'
  | 'website'
  | 'custom_validation_schema'
  | 'external_id'
  | 'extras'
  | 'attributes'
>

/** Undefined when the id is taken. @throws `invalid` */
export async function insertSource(
  tx: Queryable,
  target: SourceTarget,
  values: SourceValues,
  actor: string,
): Promise<SourceRow | undefined> {
  const asked = askedOf(target, actor.toLowerCase())
  refuseReaderWords({ id: asked.id, owner: asked.owner, ...values, ...values.attributes, created_by: actor })
  const [row] = await tx.query(insert, { ...asked, ...values, actor })
  return row && exact(row)
}

/** @throws `invalid` */
export async function updateSource(tx: Queryable, position: number, values: SourceValues, actor: string) {
  refuseReaderWords({ ...values, ...values.attributes, updated_by: actor })
  const [row] = await tx.query(update, { position, ...values, actor })
  return row as { seq: number; updated_on: string }
}

export async function deleteSource(tx: Queryable, position: number): Promise<void> {
  await tx.query(remove, { position })
}

/** True while mappings of other sources lead into this one. */
export async function isReferenced(tx: Queryable, position: number): Promise<boolean> {
  return (await tx.query(foreignReferences, { position })).length > 0
}
