import type { Identity, OwnerTarget } from '@slipway/contracts'
import { type Store, snapshotRows } from '@slipway/store'
import { sql } from 'kysely'
import { type Page, pageFor, type Range } from '../page.ts'
import { ownerTypeName, ownerUrl, sourceUrl } from '../paths.ts'
import type { Query } from '../query.ts'
import { isStaff, loginOf } from '../rights.ts'
import { isoMs, prepare, type RowOf } from '../sql.ts'
import { tallyOf } from '../tally.ts'
import { belongs as callerBelongs, ownerType } from './source.store.ts'

/** Few: what is public has a tally, and hidden ones are looked for where the caller belongs. */
const countHidden = prepare<{ login: string }>()('source.count-hidden', (db, p) => {
  const own = db
    .selectFrom('source as s')
    .select(({ fn }) => fn.countAll<number>().as('own'))
    .where('s.owner_type', '=', 'user')
    .where(({ fn }) => fn<string>('lower', ['s.owner']), '=', p.login)
    .where('s.public_access', '=', 'None')
  const ofOrgs = db
    .selectFrom('org_member as m')
    .innerJoin('source as s', join => join.on('s.owner_type', '=', 'org').onRef('s.owner', '=', 'm.org'))
    .select(({ fn }) => fn.countAll<number>().as('of_orgs'))
    .where('m.login', '=', p.login)
    .where('s.public_access', '=', 'None')
  return db.selectNoFrom(sql<number>`${own} + ${ofOrgs}`.as('total'))
})

type Filter = {
  readonly owner_type: string | null
  readonly owner: string | null
  readonly login: string
  readonly staff: boolean
}

/** Of one owner or of all; what the caller may see. */
const page = prepare<Filter & Range>()('source.page', (db, p) =>
  db
    .selectFrom('source as s')
    .select(({ ref }) => [
      ...(['s.id', 's.name', 's.owner', 's.source_type'] as const),
      ownerType,
      isoMs(ref('s.created_on')).as('created_on'),
      isoMs(ref('s.updated_on')).as('updated_on'),
    ])
    .where(eb =>
      eb.or([
        sql<boolean>`${p.owner_type}::text is null`,
        eb.and([eb('s.owner_type', '=', p.owner_type), eb('s.owner', '=', p.owner)]),
      ]),
    )
    .where(eb =>
      eb.or([sql<boolean>`${p.staff}::boolean`, eb('s.public_access', '<>', 'None'), callerBelongs(p.login)]),
    )
    .orderBy('s.updated_on', 'desc')
    .orderBy('s.position')
    .limit(p.limit)
    .offset(p.offset),
)

async function countSources(
  store: Store,
  owner: OwnerTarget | undefined,
  identity: Identity | null,
  belongs: boolean,
): Promise<number> {
  const scope = owner ? `source/${owner.ownerType}/${owner.owner}` : 'source'
  const { visible, hidden } = await tallyOf(store.read, scope)
  if (isStaff(identity) || belongs) return visible + hidden
  if (owner || identity === null) return visible
  const [own] = await store.read(countHidden, { login: loginOf(identity) })
  return visible + (own?.total ?? 0)
}

/** A page of sources, as rows of JSON in parts; last changed first. `belongs`: the caller, to the owner. */
export async function listSources(
  store: Store,
  owner: OwnerTarget | undefined,
  belongs: boolean,
  identity: Identity | null,
  query: Query,
  url: string,
): Promise<{ page: Page; parts: AsyncIterable<readonly string[]> }> {
  const caller = { login: loginOf(identity), staff: isStaff(identity) }
  const filter = { owner_type: owner?.ownerType ?? null, owner: owner?.owner ?? null, ...caller }
  const wanted = pageFor(query, await countSources(store, owner, identity, belongs), url)
  return { page: wanted, parts: rowsOf(store, filter, wanted) }
}

async function* rowsOf(
  store: Store,
  filter: Filter,
  { limit, offset }: Range,
): AsyncGenerator<readonly string[], void, void> {
  const given = { ...filter, limit, offset }
  if (limit !== null) {
    yield (await store.read(page, given)).map(rowText)
    return
  }
  for await (const rows of snapshotRows(store, page, given)) yield rows.map(rowText)
}

function rowText(row: RowOf<typeof page>): string {
  const target = { ownerType: row.owner_type, owner: row.owner, source: row.id }
  return JSON.stringify({
    short_code: row.id,
    id: row.id,
    name: row.name,
    url: sourceUrl(target),
    owner: row.owner,
    owner_type: ownerTypeName[row.owner_type],
    owner_url: ownerUrl(target),
    type: 'Source',
    source_type: row.source_type,
    created_on: row.created_on,
    updated_on: row.updated_on,
  })
}
