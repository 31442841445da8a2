import type { Identity, OwnerTarget } from '@slipway/contracts'
import { type AnyStore, type Statement, snapshotRows } from '@slipway/store'
import { type Page, pageFor } from '../page.ts'
import { ownerTypeName, ownerUrl, sourceUrl } from '../paths.ts'
import type { Query } from '../query.ts'
import { isStaff, loginOf } from '../rights.ts'
import { tallyOf } from '../tally.ts'
import { belongs as callerBelongs } from './source.store.ts'

/** Of one owner or of all; what the caller may see. */
const where = `($1::text is null or (s.owner_type = $1 and s.owner = $2))
  and ($4::boolean or s.public_access <> 'None' or ${callerBelongs('$3')})`

/** Few: what is public has a tally, and hidden ones are looked for where the caller belongs. */
const countHidden: Statement = {
  name: 'source.count-hidden',
  text: `select (
      select count(*) from source s where s.owner_type = 'user' and lower(s.owner) = $1 and s.public_access = 'None'
    ) + (
      select count(*) from org_member m join source s on s.owner_type = 'org' and s.owner = m.org
      where m.login = $1 and s.public_access = 'None'
    ) as total`,
}
const page: Statement = {
  name: 'source.page',
  text: `select s.id, s.name, s.owner_type, s.owner, s.source_type, iso_ms(s.created_on) as created_on,
      iso_ms(s.updated_on) as updated_on
    from source s where ${where} order by s.updated_on desc, s.position limit $5 offset $6`,
}

type Row = {
  readonly id: string
  readonly name: string
  readonly owner_type: 'org' | 'user'
  readonly owner: string
  readonly source_type: string | null
  readonly created_on: string
  readonly updated_on: string
}

async function countSources(
  store: AnyStore,
  owner: OwnerTarget | undefined,
  identity: Identity | null,
  belongs: boolean,
): Promise<number> {
  const scope = owner ? `source/${owner.ownerType}/${owner.owner}` : 'source'
  const { visible, hidden } = await tallyOf(store.read, scope)
  if (isStaff(identity) || belongs) return visible + hidden
  if (owner || identity === null) return visible
  const [own] = await store.read<{ total: number }>(countHidden, [loginOf(identity)])
  return visible + (own?.total ?? 0)
}

/** A page of sources, as rows of JSON in parts; last changed first. `belongs`: the caller, to the owner. */
export async function listSources(
  store: AnyStore,
  owner: OwnerTarget | undefined,
  belongs: boolean,
  identity: Identity | null,
  query: Query,
  url: string,
): Promise<{ page: Page; parts: AsyncIterable<readonly string[]> }> {
  const filter = [owner?.ownerType ?? null, owner?.owner ?? null, loginOf(identity), isStaff(identity)]
  const wanted = pageFor(query, await countSources(store, owner, identity, belongs), url)
  return { page: wanted, parts: rowsOf(store, [...filter, wanted.limit, wanted.offset]) }
}

async function* rowsOf(store: AnyStore, values: readonly unknown[]): AsyncGenerator<readonly string[], void, void> {
  if (values.at(-2) !== null) {
    yield (await store.read<Row>(page, values)).map(rowText)
    return
  }
  for await (const rows of snapshotRows<Row>(store, page, values)) yield rows.map(rowText)
}

function rowText(row: Row): string {
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
