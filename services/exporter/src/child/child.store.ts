import { type AnyStore, type Queryable, type Statement, snapshotRows } from '@slipway/store'
import type { Read } from '../source/source.store.ts'
import { type ChildKind, type ChildLinks, childRowOf } from './child.ts'
import { type Facet, facetColumns } from './facets.ts'
import { freeBytes, roomNeeded } from './room.ts'
import { olderPiecesOf, type RowText, rowText, type TextRow, textColumns } from './row-text.ts'

/** Where children are read: the live source, or a frozen version of it. */
export type Scope = { readonly source: number; readonly version: number | null }

/** Rows of a list; `limit` null: all that follow. */
export type Range = { readonly limit: number | null; readonly offset: number }

export type StoredChild = {
  readonly position: number
  readonly uuid: string
  readonly number: number
  readonly retired: boolean
  readonly body: string
}

/** The source of children that are to be changed, and bytes that there is room for. */
export type Place = { readonly tx: Queryable; readonly source: { readonly position: number }; readonly room: number }

type StoredRow = Omit<StoredChild, 'body'> & { readonly bytes: number; readonly body: string | null }

export type ShownChild = TextRow & { readonly position: number; readonly number: number }

/** A child as it is now, by source, kind and id. */
const findLive = (name: string, columns: string): Statement => ({
  name,
  text: `select ${columns} from child c join child_version v on v.position = c.head
    where c.source = $1 and c.kind || '' = $2 and c.id = $3`,
})
const find = findLive(
  'child.find',
  `c.position, c.uuid, v.number, v.retired, octet_length(v.body) as bytes,
    case when octet_length(v.body) <= $4::bigint then v.body end as body`,
)
const findPosition = findLive('child.find-position', 'c.position')
/**
 * The name that the concept with the state `v` is shown with, as JSON. Not read as JSON by Postgres, which is slower and
 * does not know every text that JSON does.
 */
export const shownName = String.raw`substring(v.body from '"display_name":("(?:[^"\\]|\\.)*"|null)') as name`
const findName = findLive('child.find-name', `c.position, ${shownName}`)
const shown = `c.position, v.number, ${textColumns}`
const findShown = findLive('child.find-shown', shown)
const findFrozen: Statement = {
  name: 'child.find-frozen',
  text: `select ${shown} from child c join member m on m.version = $4 and m.kind = $2 and m.child = c.position
    join child_version v on v.position = m.child_version
    where c.source = $1 and c.kind || '' = $2 and c.id = $3`,
}
const findState: Statement = {
  name: 'child.find-state',
  text: `select ${textColumns} from child_version v where v.child = $1 and v.number <= $2
    and (v.number::text = $3 or v.body::json ->> 'uuid' = $3)`,
}
const states: Statement = {
  name: 'child.states',
  text: `select ${textColumns}, v.number = c.number as latest from child_version v join child c on c.position = v.child
    where v.child = $1 and v.number <= $2 order by v.number desc limit $3 offset $4`,
}
const matching: Statement = {
  name: 'child.matching',
  text: 'select id from child where source = $1 and match_key = $2',
}
const tick: Statement = {
  name: 'child.tick',
  text: `update source set clock = greatest(now_ms(), clock),
      active_concepts = active_concepts + $2, active_mappings = active_mappings + $3
    where position = $1 returning iso_ms(clock) as now`,
}
const insert: Statement = {
  name: 'child.insert',
  text: `with head as (
      select nextval(pg_get_serial_sequence('child_version', 'position')) as position
    ), made as (
      insert into child (source, kind, id, uuid, head, retired, search, match_key, from_source, to_source, created_on,
        updated_on, open_from, open_to, ${facetColumns.join(', ')})
      select $1, $2, $3, $4, position, $5, $6, $7, $8, $9, $10, $10, $14, $15, $16, $17, $18, $19, $20 from head
      returning position, head
    )
    insert into child_version (position, child, number, retired, updated_on, body, from_concept, to_concept)
      overriding system value
    select head, position, 1, $5, $10, $11, $12, $13 from made`,
}
const revise: Statement = {
  name: 'child.revise',
  text: `with made as (
      insert into child_version (child, number, retired, updated_on, body, from_concept, to_concept)
      values ($1, $2, $3, $4, $5, $10, $11) returning position
    )
    update child set head = made.position, number = $2, retired = $3, updated_on = $4, search = $6, match_key = $7,
      from_source = $8, to_source = $9, open_from = $12, open_to = $13, ${facetColumns.map((column, index) => `${column} = $${index + 14}`).join(', ')}
    from made where child.position = $1`,
}

/** For a change: all of it. @throws `roomNeeded` when it has more bytes than there is room for */
export async function findChild(
  { tx, source, room }: Place,
  kind: ChildKind,
  id: string,
): Promise<StoredChild | undefined> {
  const most = Math.max(freeBytes, Math.min(room, Number.MAX_SAFE_INTEGER))
  const [row] = await tx.query<StoredRow>(find, [source.position, kind, id, most])
  if (!row) return undefined
  const { bytes, body, ...child } = row
  if (body === null) throw roomNeeded(bytes)
  return { ...child, body }
}

export async function isChildThere(read: Read, source: number, kind: ChildKind, id: string): Promise<boolean> {
  return (await read(findPosition, [source, kind, id])).length > 0
}

/** What mappings say of the concept that they lead to. */
export async function findConceptName(
  read: Read,
  source: number,
  id: string,
): Promise<{ readonly position: number; readonly name: string | null } | undefined> {
  const [row] = await read<{ position: number; name: string }>(findName, [source, 'concept', id])
  return row && { position: row.position, name: JSON.parse(row.name) as string | null }
}

/** As it is shown. */
export async function findShownChild(
  read: Read,
  { source, version }: Scope,
  kind: ChildKind,
  id: string,
): Promise<ShownChild | undefined> {
  const key = [source, kind, id]
  const [row] = await (version === null
    ? read<ShownChild>(findShown, key)
    : read<ShownChild>(findFrozen, [...key, version]))
  return row
}

/** An older state, by its number or uuid; none that is newer than the given one. */
export async function findChildState(read: Read, child: ShownChild, state: string): Promise<TextRow | undefined> {
  const [row] = await read<TextRow>(findState, [child.position, child.number, state])
  return row
}

type StateRow = TextRow & { readonly latest: boolean }

/** Its states up to this one, newest first, as JSON text in parts. */
export async function* childStates(store: AnyStore, child: ShownChild, { limit, offset }: Range) {
  const { read } = store
  const textOf = ({ latest, ...row }: StateRow): RowText => {
    if (latest) return rowText(read, row)
    const { body, state } = row
    if (body === null) return olderPiecesOf(read, state)
    return JSON.stringify({ ...childRowOf(body), is_latest_version: false })
  }
  const values = [child.position, child.number, limit, offset]
  for await (const rows of snapshotRows<StateRow>(store, states, values)) yield rows.map(textOf)
}

/** Id of the mapping of the source that says the same. */
export async function findMatch(tx: Queryable, source: number, matchKey: string): Promise<string | undefined> {
  const [row] = await tx.query<{ id: string }>(matching, [source, matchKey])
  return row?.id
}

/**
 * The time of a change, taken under the lock of the source: it never goes back within a source. `active` is by how much
 * the number of children that are not retired changes.
 */
export async function tickClock(tx: Queryable, source: number, kind: ChildKind, active: number): Promise<string> {
  const change = kind === 'concept' ? [active, 0] : [0, active]
  const [row] = await tx.query<{ now: string }>(tick, [source, ...change])
  return (row as { now: string }).now
}

export type NewState = {
  readonly retired: boolean
  readonly now: string
  readonly body: string
  readonly search: string
  readonly facets: Readonly<Record<Facet, string | null>>
  readonly links: ChildLinks | undefined
}

const linkValues = (links: ChildLinks | undefined) => [
  links?.matchKey ?? null,
  links?.fromSource ?? null,
  links?.toSource ?? null,
]
const conceptValues = (links: ChildLinks | undefined) => [
  links?.fromConcept ?? null,
  links?.toConcept ?? null,
  links?.openFrom ?? null,
  links?.openTo ?? null,
]

const facetValues = (facets: NewState['facets']) => facetColumns.map(column => facets[column])

export async function insertChild(
  tx: Queryable,
  key: { readonly source: number; readonly kind: ChildKind; readonly id: string; readonly uuid: string },
  { retired, now, body, search, facets, links }: NewState,
): Promise<void> {
  const { source, kind, id, uuid } = key
  await tx.query(insert, [
    ...[source, kind, id, uuid, retired, search],
    ...[...linkValues(links), now, body, ...conceptValues(links), ...facetValues(facets)],
  ])
}

export async function reviseChild(tx: Queryable, position: number, number: number, state: NewState): Promise<void> {
  const { retired, now, body, search, facets, links } = state
  await tx.query(revise, [
    ...[position, number, retired, now, body, search],
    ...[...linkValues(links), ...conceptValues(links), ...facetValues(facets)],
  ])
}
