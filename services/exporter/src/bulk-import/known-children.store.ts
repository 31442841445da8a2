import type { SourceTarget } from '@slipway/contracts'
import type { Parameters, Queryable } from '@slipway/store'
import { type Expression, type Kysely, sql } from 'kysely'
import { hiddenKind, type Place, type StoredChild } from '../child/child.store.ts'
import type { ChildKind } from '../child/child.ts'
import { roomNeeded } from '../child/room.ts'
import type { Database } from '../database.ts'
import { linkColumns, type MappingLinks } from '../mapping/mapping-ends.ts'
import { prepare, type RowOf, unnest } from '../sql.ts'

/** What a batch holds of children that are there already. */
export type KnownChild = StoredChild & MappingLinks & { readonly id: string; readonly matchKey: string | null }

type Sought = { readonly source: number; readonly keys: readonly string[]; readonly room: number }

/** Looked up one by one in a unique index: the kind is hidden from the planner, as the migration says. */
const known = (db: Kysely<Database>, p: Parameters<Sought>, by: 'id' | 'match_key', kind?: Expression<ChildKind>) =>
  db
    .selectFrom(unnest('wanted', { key: sql<string[]>`${p.keys}::text[]` }))
    .innerJoinLateral(
      q =>
        q
          .selectFrom('child')
          .selectAll()
          .where('source', '=', p.source)
          .where(eb => (kind ? eb(hiddenKind(eb.ref('kind')), '=', kind) : eb.lit(true)))
          .whereRef(by, '=', 'wanted.key')
          .limit(1)
          .as('c'),
      join => join.onTrue(),
    )
    .innerJoin('child_version as v', 'v.position', 'c.head')
    .select(['c.position', 'c.id', 'c.uuid', 'c.match_key as matchKey', 'v.number', 'v.retired'])
    .select(linkColumns)
    .select(eb => {
      const all = eb.fn.sum<number>(eb.fn<number>('octet_length', ['v.body'])).over()
      return eb.case().when(all, '<=', sql<number>`${p.room}::bigint`).then(eb.ref('v.body')).end().as('body')
    })
const byId = prepare<Sought & { kind: ChildKind }>()('bulk-import.by-id', (db, p) => known(db, p, 'id', p.kind))
const byMatch = prepare<Sought>()('bulk-import.by-match', (db, p) => known(db, p, 'match_key'))

type Targets = {
  readonly owner_types: readonly string[]
  readonly owners: readonly string[]
  readonly sources: readonly string[]
}
const lock = prepare<Targets>()('bulk-import.lock-sources', (db, p) => {
  const lists = {
    owner_type: sql<string[]>`${p.owner_types}::text[]`,
    owner: sql<string[]>`${p.owners}::text[]`,
    source: sql<string[]>`${p.sources}::text[]`,
  }
  return db
    .selectFrom('source as s')
    .innerJoin(unnest('wanted', lists), join =>
      join
        .onRef('s.owner_type', '=', 'wanted.owner_type')
        .onRef('s.owner', '=', 'wanted.owner')
        .onRef('s.id', '=', 'wanted.source'),
    )
    .select('s.position')
    .orderBy('s.position')
    .forUpdate('s')
})
type WantedConcept = Pick<Database['source'], 'owner_type' | 'owner' | 'id'> & { concept: string; place: number }
const there = prepare<Targets & { concepts: readonly string[] }>()('bulk-import.concepts-there', (db, p) => {
  const lists = sql.join([p.owner_types, p.owners, p.sources, p.concepts].map(list => sql`${list}::text[]`))
  const wanted = sql<WantedConcept>`unnest(${lists}) with ordinality`
  return db
    .selectFrom(wanted.as<'wanted'>(sql`wanted(owner_type, owner, id, concept, place)`))
    .innerJoin('source as s', join =>
      join
        .onRef('s.owner_type', '=', 'wanted.owner_type')
        .onRef('s.owner', '=', 'wanted.owner')
        .onRef('s.id', '=', 'wanted.id'),
    )
    .innerJoinLateral(
      q =>
        q
          .selectFrom('child')
          .whereRef('source', '=', 's.position')
          .where(({ ref }) => hiddenKind(ref('kind')), '=', 'concept')
          .whereRef('id', '=', 'wanted.concept')
          .limit(1)
          .as('c'),
      join => join.onTrue(),
    )
    .select(({ ref }) => sql<number>`(${ref('wanted.place')} - 1)::integer`.as('index'))
})

const targetsOf = (targets: readonly SourceTarget[]): Targets => ({
  owner_types: targets.map(({ ownerType }) => ownerType),
  owners: targets.map(({ owner }) => owner),
  sources: targets.map(({ source }) => source),
})

/** Locks several sources, as far as they are there, in the order of their positions as everybody does. */
export async function lockTargets(tx: Queryable, targets: readonly SourceTarget[]): Promise<void> {
  await tx.query(lock, targetsOf(targets))
}

/** The places of those of these concepts that are there. */
export async function conceptsThere(
  tx: Queryable,
  wanted: readonly { readonly target: SourceTarget; readonly id: string }[],
): Promise<number[]> {
  if (wanted.length === 0) return []
  const targets = targetsOf(wanted.map(({ target }) => target))
  return (await tx.query(there, { ...targets, concepts: wanted.map(({ id }) => id) })).map(({ index }) => index)
}

/** Bytes of what is there of the rows of a batch, without room for it. */
const knownBytes = 4_194_304
const roomFor = (room: number) => Math.max(knownBytes, Math.min(room, Number.MAX_SAFE_INTEGER))

/** @throws `roomNeeded` when there is more of them than there is room for */
export async function childrenById({ tx, source, room }: Place, kind: ChildKind, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, KnownChild>()
  const found = await tx.query(byId, { source: source.position, kind, keys: ids, room: roomFor(room) })
  return new Map(found.map(child => [child.id, withBody(child)]))
}

/** @throws `roomNeeded` as `childrenById` */
export async function mappingsByMatch({ tx, source, room }: Place, keys: readonly string[]) {
  if (keys.length === 0) return new Map<string, KnownChild>()
  const found = await tx.query(byMatch, { source: source.position, keys, room: roomFor(room) })
  return new Map(found.map(child => [child.matchKey as string, withBody(child)]))
}

function withBody({ body, ...child }: RowOf<typeof byMatch>): KnownChild {
  if (body === null) throw roomNeeded(knownBytes)
  return { ...child, body }
}
