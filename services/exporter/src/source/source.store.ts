import type { Identity, OwnerTarget, SourceTarget } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'
import { exactColumns } from '../exact-columns.ts'
import { refuseReaderWords } from '../reader-words.ts'
import { type Guarded, loginOf, notFound } from '../rights.ts'

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

/** `login`: the parameter with the caller's login. */
const columns = (login: string) => `s.position, s.uuid, s.owner_type, s.owner, s.id, s.name, s.full_name, s.description,
  s.source_type, s.public_access, s.default_locale, s.supported_locales, s.website, s.custom_validation_schema,
  s.external_id, s.extras::text, s.attributes::text, s.versions, s.active_concepts, s.active_mappings, s.all_concepts, s.all_mappings, iso_ms(s.created_on) as created_on,
  s.created_by, iso_ms(s.updated_on) as updated_on, s.updated_by, s.seq, ${belongs(login)} as belongs`

export const belongs = (login: string) => `case s.owner_type
    when 'user' then lower(s.owner) = ${login}
    else exists (select from org_member m where m.org = s.owner and m.login = ${login}) end`

const find: Statement = {
  name: 'source.find',
  text: `select ${columns('$4')} from source s where s.owner_type = $1 and s.owner = $2 and s.id = $3`,
}
const at: Statement = { name: 'source.at', text: `select ${columns("''")} from source s where s.position = $1` }
const locked: Statement = { name: 'source.locked', text: `${find.text} for update of s` }
const insert: Statement = {
  name: 'source.insert',
  text: `with s as (
      insert into source (owner_type, owner, id, name, full_name, description, source_type, public_access,
        default_locale, supported_locales, website, custom_validation_schema, external_id, extras, attributes, created_by,
        updated_by)
      values ($1, $2, $3, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)
      on conflict do nothing returning *
    ), head as (
      insert into source_version (source, id, created_on, created_by, updated_on, updated_by)
      select position, 'HEAD', created_on, created_by, updated_on, updated_by from s
    )
    select ${columns('$4')} from s`,
}
const update: Statement = {
  name: 'source.update',
  text: `update source s set name = $2, full_name = $3, description = $4, source_type = $5, public_access = $6,
      default_locale = $7, supported_locales = $8, website = $9, custom_validation_schema = $10, external_id = $11,
      extras = $12, attributes = $13, updated_on = greatest(now_ms(), s.updated_on), updated_by = $14, seq = seq + 1
    where position = $1
    returning s.seq, iso_ms(s.updated_on) as updated_on`,
}
const remove: Statement = { name: 'source.delete', text: 'delete from source where position = $1' }
const foreignReferences: Statement = {
  name: 'source.foreign-references',
  text: `select 1 from child where (from_source = $1 or to_source = $1) and source <> $1 limit 1`,
}
const org: Statement = {
  name: 'source.org',
  text: `select o.public_access, exists (select from org_member m where m.org = o.id and m.login = $2) as belongs
    from org o where o.id = $1`,
}

const exact = (row: SourceRow) => exactColumns(row, 'extras', 'attributes')

/** @throws `not_found` */
export function findSource(read: Read, target: SourceTarget, identity: Identity | null): Promise<SourceRow> {
  return findSourceFor(read, target, loginOf(identity))
}

/** The same for somebody of whom only the login is known, in lower case. @throws `not_found` */
export async function findSourceFor(read: Read, target: SourceTarget, login: string): Promise<SourceRow> {
  const { ownerType, owner, source } = target
  const [row] = await read<SourceRow>(find, [ownerType, owner, source, login])
  if (!row) throw notFound()
  return exact(row)
}

/** The same, locked: children are written and versions made by whoever holds this lock. */
export async function lockSource(tx: Queryable, target: SourceTarget, identity: Identity | null): Promise<SourceRow> {
  const { ownerType, owner, source } = target
  const [row] = await tx.query<SourceRow>(locked, [ownerType, owner, source, loginOf(identity)])
  if (!row) throw notFound()
  return exact(row)
}

/** By its position; nobody's rights come with it. */
export async function sourceAt(read: Read, position: number): Promise<SourceRow | undefined> {
  const [row] = await read<SourceRow>(at, [position])
  return row && exact(row)
}

/** The owner's rules; users are known to whoever asks. @throws `not_found` for an org that is not there */
export async function findOwner(read: Read, target: OwnerTarget, identity: Identity | null): Promise<Guarded> {
  const login = loginOf(identity)
  if (target.ownerType === 'user') return { public_access: 'View', belongs: target.owner.toLowerCase() === login }
  const [row] = await read<Guarded>(org, [target.owner, login])
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

const valuesOf = (values: SourceValues) => [
  values.name,
  values.full_name,
  values.description,
  values.source_type,
  values.public_access,
  values.default_locale,
  values.supported_locales,
  values.website,
  values.custom_validation_schema,
  values.external_id,
  values.extras,
  values.attributes,
]

/** Undefined when the id is taken. @throws `invalid` */
export async function insertSource(
  tx: Queryable,
  target: SourceTarget,
  values: SourceValues,
  actor: string,
): Promise<SourceRow | undefined> {
  const { ownerType, owner, source } = target
  refuseReaderWords({ id: source, owner, ...values, ...values.attributes, created_by: actor })
  const key = [ownerType, owner, source, actor.toLowerCase()]
  const [row] = await tx.query<SourceRow>(insert, [...key, ...valuesOf(values), actor])
  return row && exact(row)
}

/** @throws `invalid` */
export async function updateSource(tx: Queryable, position: number, values: SourceValues, actor: string) {
  refuseReaderWords({ ...values, ...values.attributes, updated_by: actor })
  const [row] = await tx.query<{ seq: number; updated_on: string }>(update, [position, ...valuesOf(values), actor])
  return row as { seq: number; updated_on: string }
}

export async function deleteSource(tx: Queryable, position: number): Promise<void> {
  await tx.query(remove, [position])
}

/** True while mappings of other sources lead into this one. */
export async function isReferenced(tx: Queryable, position: number): Promise<boolean> {
  return (await tx.query(foreignReferences, [position])).length > 0
}
