import type { Identity } from '@slipway/contracts'
import type { Parameters, Queryable } from '@slipway/store'
import { type Expression, expressionBuilder, type Kysely, sql } from 'kysely'
import type { Database } from '../database.ts'
import { exactColumns, jsonText } from '../exact-columns.ts'
import type { Range } from '../page.ts'
import { type Guarded, isStaff, loginOf, notFound } from '../rights.ts'
import type { Read } from '../source/source.store.ts'
import { isoMs, nowMs, prepare } from '../sql.ts'
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

const org = expressionBuilder<Database & { o: Database['org'] }, 'o'>()

const isMember = (login: Expression<string>) =>
  org.exists(org.selectFrom('org_member as m').whereRef('m.org', '=', 'o.id').where('m.login', '=', login))

/** `login`: of the caller. They are in the order in which answers have them. */
const columns = (login: Expression<string>) => {
  const sources = org
    .selectFrom('tally as t')
    .select('t.visible')
    .where('t.scope', '=', sql<string>`'source/org/' || ${org.ref('o.id')}`)
  return [
    ...(['o.id', 'o.uuid', 'o.name', 'o.company', 'o.website', 'o.location', 'o.public_access'] as const),
    jsonText<OrgRow['extras']>(org.ref('o.extras')).as('extras'),
    'o.members',
    org.fn.coalesce(sources, sql.lit(0)).as('public_sources'),
    isoMs(org.ref('o.created_on')).as('created_on'),
    'o.created_by',
    isoMs(org.ref('o.updated_on')).as('updated_on'),
    ...(['o.updated_by', 'o.seq'] as const),
    isMember(login).$castTo<boolean>().as('belongs'),
  ] as const
}

type Key = { readonly id: string }
type Asked = Key & { readonly login: string }
type Caller = { readonly login: string; readonly staff: boolean }
type Member = { readonly org: string; readonly login: string }

const selected = (db: Kysely<Database>, p: Parameters<Asked>) =>
  db.selectFrom('org as o').select(columns(p.login)).where('o.id', '=', p.id)
const find = prepare<Asked>()('org.find', selected)
const locked = prepare<Asked>()('org.locked', (db, p) => selected(db, p).forUpdate('o'))

const visible = ({ login, staff }: Parameters<Caller>) =>
  org.or([sql<boolean>`${staff}::boolean`, org('o.public_access', '<>', 'None'), isMember(login)])
/** Few: what is public has a tally, and hidden ones are looked for where the caller belongs. */
const countHidden = prepare<{ login: string }>()('org.count-hidden', (db, p) =>
  db
    .selectFrom('org_member as m')
    .innerJoin('org as o', 'o.id', 'm.org')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where('m.login', '=', p.login)
    .where('o.public_access', '=', 'None'),
)
const page = prepare<Caller & Range>()('org.page', (db, p) =>
  db
    .selectFrom('org as o')
    .select(['o.id', 'o.name'])
    .where(visible(p))
    .orderBy('o.id')
    .limit(p.limit)
    .offset(p.offset),
)
const ofMember = (db: Kysely<Database>, p: Parameters<Caller & { member: string }>) =>
  db
    .selectFrom('org_member as own')
    .innerJoin('org as o', 'o.id', 'own.org')
    .where('own.login', '=', p.member)
    .where(visible(p))
const countOfMember = prepare<Caller & { member: string }>()('org.count-of-member', (db, p) =>
  ofMember(db, p).select(({ fn }) => fn.countAll<number>().as('total')),
)
const pageOfMember = prepare<Caller & { member: string } & Range>()('org.page-of-member', (db, p) =>
  ofMember(db, p).select(['o.id', 'o.name']).orderBy('o.id').limit(p.limit).offset(p.offset),
)

export type OrgValues = Pick<OrgRow, 'name' | 'company' | 'website' | 'location' | 'public_access' | 'extras'>
type Written = Key & OrgValues & { readonly actor: string }

const fields = (p: Parameters<OrgValues>) => ({
  name: p.name,
  company: p.company,
  website: p.website,
  location: p.location,
  public_access: p.public_access,
  extras: p.extras,
})
const insert = prepare<Written>()('org.insert', (db, p) =>
  db
    .insertInto('org')
    .values({ id: p.id, ...fields(p), created_by: p.actor, updated_by: p.actor })
    .onConflict(oc => oc.doNothing())
    .returning('id'),
)
const update = prepare<Written>()('org.update', (db, p) =>
  db
    .updateTable('org')
    .set(eb => ({
      ...fields(p),
      updated_by: p.actor,
      updated_on: eb.fn<string>('greatest', [nowMs, 'updated_on']),
      seq: eb('seq', '+', 1),
    }))
    .where('id', '=', p.id),
)
const touch = prepare<Key>()('org.touch', (db, p) =>
  db
    .updateTable('org')
    .set(eb => ({ seq: eb('seq', '+', 1) }))
    .where('id', '=', p.id)
    .returning('seq'),
)
const remove = prepare<Key>()('org.delete', (db, p) =>
  db
    .with('sources', q => q.deleteFrom('source').where('owner_type', '=', 'org').where('owner', '=', p.id))
    .deleteFrom('org')
    .where('id', '=', p.id),
)
const referenced = prepare<Key>()('org.referenced', (db, p) =>
  db
    .selectFrom('source as own')
    .innerJoin('child as c', join =>
      join.on(eb => eb('own.position', 'in', [eb.ref('c.from_source'), eb.ref('c.to_source')])),
    )
    .innerJoin('source as other', 'other.position', 'c.source')
    .select(sql.lit(1).as('one'))
    .where('own.owner_type', '=', 'org')
    .where('own.owner', '=', p.id)
    .where(eb => eb.not(eb.and([eb('other.owner_type', '=', 'org'), eb('other.owner', '=', p.id)])))
    .limit(1),
)
const addMember = prepare<Member>()('org.add-member', (db, p) =>
  db
    .insertInto('org_member')
    .values({ org: p.org, login: p.login })
    .onConflict(oc => oc.doNothing())
    .returning('login'),
)
const removeMember = prepare<Member>()('org.remove-member', (db, p) =>
  db.deleteFrom('org_member').where('org', '=', p.org).where('login', '=', p.login).returning('login'),
)
const members = prepare<{ org: string } & Range>()('org.members', (db, p) =>
  db.selectFrom('org_member').select('login').where('org', '=', p.org).orderBy('login').limit(p.limit).offset(p.offset),
)
const memberFound = prepare<Member>()('org.member', (db, p) =>
  db.selectFrom('org_member').select(sql.lit(1).as('one')).where('org', '=', p.org).where('login', '=', p.login),
)

export async function findOrg(read: Read, id: string, identity: Identity | null): Promise<OrgRow> {
  const [row] = await read(find, { id, login: loginOf(identity) })
  if (!row) throw notFound()
  return exactColumns(row, 'extras')
}

export async function lockOrg(tx: Queryable, id: string, identity: Identity | null): Promise<OrgRow> {
  const [row] = await tx.query(locked, { id, login: loginOf(identity) })
  if (!row) throw notFound()
  return exactColumns(row, 'extras')
}

const callerOf = (identity: Identity | null): Caller => ({ login: loginOf(identity), staff: isStaff(identity) })

/** Of everybody, or of one member: those that the caller may see. */
export async function countOrgs(read: Read, identity: Identity | null, member: string | undefined): Promise<number> {
  const caller = callerOf(identity)
  if (member !== undefined) {
    const [own] = await read(countOfMember, { ...caller, member: member.toLowerCase() })
    return own?.total ?? 0
  }
  const { visible, hidden } = await tallyOf(read, 'org')
  if (caller.staff) return visible + hidden
  if (identity === null) return visible
  const [own] = await read(countHidden, caller)
  return visible + (own?.total ?? 0)
}

export function listOrgs(read: Read, identity: Identity | null, member: string | undefined, { limit, offset }: Range) {
  const given = { ...callerOf(identity), limit, offset }
  return member === undefined ? read(page, given) : read(pageOfMember, { ...given, member: member.toLowerCase() })
}

/** False when the id is taken. */
export async function insertOrg(tx: Queryable, id: string, values: OrgValues, actor: string): Promise<boolean> {
  return (await tx.query(insert, { id, ...values, actor })).length > 0
}

export async function updateOrg(tx: Queryable, id: string, values: OrgValues, actor: string): Promise<void> {
  await tx.query(update, { id, ...values, actor })
}

/** Counts a change of the members; returns the sequence number of its event. */
export async function touchOrg(tx: Queryable, id: string): Promise<number> {
  const [row] = await tx.query(touch, { id })
  return row?.seq ?? 1
}

export async function deleteOrg(tx: Queryable, id: string): Promise<void> {
  await tx.query(remove, { id })
}

/** True while mappings of sources of others lead into sources of this org. */
export async function isOrgReferenced(tx: Queryable, id: string): Promise<boolean> {
  return (await tx.query(referenced, { id })).length > 0
}

/** False when nothing changed. */
export async function addOrgMember(tx: Queryable, org: string, login: string): Promise<boolean> {
  return (await tx.query(addMember, { org, login: login.toLowerCase() })).length > 0
}

export async function removeOrgMember(tx: Queryable, org: string, login: string): Promise<boolean> {
  return (await tx.query(removeMember, { org, login: login.toLowerCase() })).length > 0
}

export async function listMembers(read: Read, org: string, limit: number | null, offset: number): Promise<string[]> {
  return (await read(members, { org, limit, offset })).map(({ login }) => login)
}

export async function isOrgMember(read: Read, org: string, login: string): Promise<boolean> {
  return (await read(memberFound, { org, login: login.toLowerCase() })).length > 0
}

export async function countPublicSources(read: Read, login: string): Promise<number> {
  return (await tallyOf(read, `source/user/${login}`)).visible
}
