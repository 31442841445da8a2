import type { Identity } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'
import { exactColumns } from '../exact-columns.ts'
import { type Guarded, isStaff, loginOf, notFound } from '../rights.ts'
import type { Read } from '../source/source.store.ts'
import { tallyOf } from '../tally.ts'

export type OrgRow = Guarded & {
  readonly id: string
  readonly uuid: string
  readonly name: string
  readonly company: string | null
  readonly website: string | null
  readonly location: string | null
  readonly extras: Readonly<Record<string, unknown>>
  readonly members: number
  readonly public_sources: number
  readonly created_on: string
  readonly created_by: string
  readonly updated_on: string
  readonly updated_by: string
  readonly seq: number
}

const isMember = (login: string) => `exists (select from org_member m where m.org = o.id and m.login = ${login})`
const columns = (
  login: string,
) => `o.id, o.uuid, o.name, o.company, o.website, o.location, o.public_access, o.extras::text,
  o.members, coalesce((select t.visible from tally t where t.scope = 'source/org/' || o.id), 0) as public_sources,
  iso_ms(o.created_on) as created_on, o.created_by, iso_ms(o.updated_on) as updated_on, o.updated_by, o.seq,
  ${isMember(login)} as belongs`

const find: Statement = { name: 'org.find', text: `select ${columns('$2')} from org o where o.id = $1` }
const locked: Statement = { name: 'org.locked', text: `${find.text} for update of o` }
const visible = `($2::boolean or o.public_access <> 'None' or ${isMember('$1')})`
/** Few: what is public has a tally, and hidden ones are looked for where the caller belongs. */
const countHidden: Statement = {
  name: 'org.count-hidden',
  text: `select count(*) as total from org_member m join org o on o.id = m.org
    where m.login = $1 and o.public_access = 'None'`,
}
const page: Statement = {
  name: 'org.page',
  text: `select o.id, o.name from org o where ${visible} order by o.id limit $3 offset $4`,
}
const ofMember = `org_member own join org o on o.id = own.org where own.login = $3 and ${visible}`
const countOfMember: Statement = { name: 'org.count-of-member', text: `select count(*) as total from ${ofMember}` }
const pageOfMember: Statement = {
  name: 'org.page-of-member',
  text: `select o.id, o.name from ${ofMember} order by o.id limit $4 offset $5`,
}
const insert: Statement = {
  name: 'org.insert',
  text: `insert into org (id, name, company, website, location, public_access, extras, created_by, updated_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $8) on conflict do nothing returning id`,
}
const update: Statement = {
  name: 'org.update',
  text: `update org set name = $2, company = $3, website = $4, location = $5, public_access = $6, extras = $7,
    updated_by = $8, updated_on = greatest(now_ms(), updated_on), seq = seq + 1 where id = $1`,
}
const touch: Statement = { name: 'org.touch', text: 'update org set seq = seq + 1 where id = $1 returning seq' }
const remove: Statement = {
  name: 'org.delete',
  text: `with sources as (delete from source where owner_type = 'org' and owner = $1) delete from org where id = $1`,
}
const referenced: Statement = {
  name: 'org.referenced',
  text: `select 1 from source own join child c on own.position in (c.from_source, c.to_source)
    join source other on other.position = c.source
    where own.owner_type = 'org' and own.owner = $1 and not (other.owner_type = 'org' and other.owner = $1) limit 1`,
}
const addMember: Statement = {
  name: 'org.add-member',
  text: 'insert into org_member (org, login) values ($1, $2) on conflict do nothing returning login',
}
const removeMember: Statement = {
  name: 'org.remove-member',
  text: 'delete from org_member where org = $1 and login = $2 returning login',
}
const members: Statement = {
  name: 'org.members',
  text: 'select login from org_member where org = $1 order by login limit $2 offset $3',
}
const memberFound: Statement = { name: 'org.member', text: 'select 1 from org_member where org = $1 and login = $2' }

export async function findOrg(read: Read, id: string, identity: Identity | null): Promise<OrgRow> {
  const [row] = await read<OrgRow>(find, [id, loginOf(identity)])
  if (!row) throw notFound()
  return exactColumns(row, 'extras')
}

export async function lockOrg(tx: Queryable, id: string, identity: Identity | null): Promise<OrgRow> {
  const [row] = await tx.query<OrgRow>(locked, [id, loginOf(identity)])
  if (!row) throw notFound()
  return exactColumns(row, 'extras')
}

/** Of everybody, or of one member: those that the caller may see. */
export async function countOrgs(read: Read, identity: Identity | null, member: string | undefined): Promise<number> {
  const caller = loginOf(identity)
  if (member !== undefined) {
    const [own] = await read<{ total: number }>(countOfMember, [caller, isStaff(identity), member.toLowerCase()])
    return own?.total ?? 0
  }
  const { visible, hidden } = await tallyOf(read, 'org')
  if (isStaff(identity)) return visible + hidden
  if (identity === null) return visible
  const [own] = await read<{ total: number }>(countHidden, [caller])
  return visible + (own?.total ?? 0)
}

export function listOrgs(
  read: Read,
  identity: Identity | null,
  member: string | undefined,
  { limit, offset }: { readonly limit: number | null; readonly offset: number },
) {
  const caller = [loginOf(identity), isStaff(identity)]
  return member === undefined
    ? read<{ id: string; name: string }>(page, [...caller, limit, offset])
    : read<{ id: string; name: string }>(pageOfMember, [...caller, member.toLowerCase(), limit, offset])
}

export type OrgValues = Pick<OrgRow, 'name' | 'company' | 'website' | 'location' | 'public_access' | 'extras'>

const valuesOf = ({ name, company, website, location, public_access, extras }: OrgValues) => [
  name,
  company,
  website,
  location,
  public_access,
  extras,
]

/** False when the id is taken. */
export async function insertOrg(tx: Queryable, id: string, values: OrgValues, actor: string): Promise<boolean> {
  return (await tx.query(insert, [id, ...valuesOf(values), actor])).length > 0
}

export async function updateOrg(tx: Queryable, id: string, values: OrgValues, actor: string): Promise<void> {
  await tx.query(update, [id, ...valuesOf(values), actor])
}

/** Counts a change of the members; returns the sequence number of its event. */
export async function touchOrg(tx: Queryable, id: string): Promise<number> {
  const [row] = await tx.query<{ seq: number }>(touch, [id])
  return row?.seq ?? 1
}

export async function deleteOrg(tx: Queryable, id: string): Promise<void> {
  await tx.query(remove, [id])
}

/** True while mappings of sources of others lead into sources of this org. */
export async function isOrgReferenced(tx: Queryable, id: string): Promise<boolean> {
  return (await tx.query(referenced, [id])).length > 0
}

/** False when nothing changed. */
export async function addOrgMember(tx: Queryable, org: string, login: string): Promise<boolean> {
  return (await tx.query(addMember, [org, login.toLowerCase()])).length > 0
}

export async function removeOrgMember(tx: Queryable, org: string, login: string): Promise<boolean> {
  return (await tx.query(removeMember, [org, login.toLowerCase()])).length > 0
}

export async function listMembers(read: Read, org: string, limit: number | null, offset: number): Promise<string[]> {
  return (await read<{ login: string }>(members, [org, limit, offset])).map(({ login }) => login)
}

export async function isOrgMember(read: Read, org: string, login: string): Promise<boolean> {
  return (await read(memberFound, [org, login.toLowerCase()])).length > 0
}

export async function countPublicSources(read: Read, login: string): Promise<number> {
  return (await tallyOf(read, `source/user/${login}`)).visible
}
