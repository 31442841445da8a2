import type { Parameters, Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { filling, isoMs, nowMs, overridingIdentity, prepare } from '../sql.ts'
import type { Key } from './child.store.ts'
import type { ChildKind, ChildLinks } from './child.ts'
import { type Facet, facetColumns } from './facets.ts'

const tick = prepare<{ source: number; concepts: number; mappings: number }>()('child.tick', (db, p) =>
  db
    .updateTable('source')
    .set(eb => ({
      clock: eb.fn<string>('greatest', [nowMs, 'clock']),
      active_concepts: eb('active_concepts', '+', p.concepts),
      active_mappings: eb('active_mappings', '+', p.mappings),
    }))
    .where('position', '=', p.source)
    .returning(({ ref }) => isoMs(ref('clock')).as('now')),
)

type StateParameters = Record<Facet, string | null> & {
  readonly retired: boolean
  readonly now: string
  readonly body: string
  readonly search: string
  readonly match_key: string | null
  readonly from_source: number | null
  readonly to_source: number | null
  readonly from_concept: number | null
  readonly to_concept: number | null
  readonly open_from: string | null
  readonly open_to: string | null
}

/** Columns of a child that follow its newest state. */
const followed = (p: Parameters<StateParameters>) => ({
  retired: p.retired,
  updated_on: p.now,
  search: p.search,
  match_key: p.match_key,
  from_source: p.from_source,
  to_source: p.to_source,
  open_from: p.open_from,
  open_to: p.open_to,
  ...(Object.fromEntries(facetColumns.map(column => [column, p[column]])) as Pick<typeof p, Facet>),
})
/** A state, but for what it is of. */
const stated = (p: Parameters<StateParameters>) => ({
  retired: p.retired,
  updated_on: p.now,
  body: p.body,
  from_concept: p.from_concept,
  to_concept: p.to_concept,
})

const insert = prepare<Key & { uuid: string } & StateParameters>()('child.insert', (db, p) => {
  const position = sql<number>`nextval(pg_get_serial_sequence('child_version', 'position'))`
  const key = { source: p.source, kind: p.kind, id: p.id, uuid: p.uuid }
  const child = filling<'child'>({ ...key, head: sql.ref('position'), created_on: p.now, ...followed(p) })
  const state = { position: sql.ref<number>('head'), child: sql.ref<number>('position'), number: sql.lit(1) }
  const first = filling<'child_version'>({ ...state, ...stated(p) })
  return db
    .with('head', q => q.selectNoFrom(position.as('position')))
    .with('made', q =>
      q
        .insertInto('child')
        .columns(child.columns)
        .expression(q.selectFrom('head').select(child.values))
        .returning(['position', 'head']),
    )
    .insertInto('child_version')
    .columns(first.columns)
    .expression(eb => overridingIdentity(eb.selectFrom('made').select(first.values)))
})
const revise = prepare<{ position: number; number: number } & StateParameters>()('child.revise', (db, p) =>
  db
    .with('made', q =>
      q
        .insertInto('child_version')
        .values({ child: p.position, number: p.number, ...stated(p) })
        .returning('position'),
    )
    .updateTable('child')
    .from('made')
    .set(({ ref }) => ({ head: ref('made.position'), number: p.number, ...followed(p) }))
    .where('child.position', '=', p.position),
)

/**
 * The time of a change, taken under the lock of the source: it never goes back within a source. `active` is by how much
 * the number of children that are not retired changes.
 */
export async function tickClock(tx: Queryable, source: number, kind: ChildKind, active: number): Promise<string> {
  const change = kind === 'concept' ? { concepts: active, mappings: 0 } : { concepts: 0, mappings: active }
  const [row] = await tx.query(tick, { source, ...change })
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

const parametersOfState = ({ retired, now, body, search, facets, links }: NewState): StateParameters => ({
  retired,
  now,
  body,
  search,
  match_key: links?.matchKey ?? null,
  from_source: links?.fromSource ?? null,
  to_source: links?.toSource ?? null,
  from_concept: links?.fromConcept ?? null,
  to_concept: links?.toConcept ?? null,
  open_from: links?.openFrom ?? null,
  open_to: links?.openTo ?? null,
  ...facets,
})

export async function insertChild(tx: Queryable, key: Key & { readonly uuid: string }, state: NewState): Promise<void> {
  await tx.query(insert, { ...key, ...parametersOfState(state) })
}

export async function reviseChild(tx: Queryable, position: number, number: number, state: NewState): Promise<void> {
  await tx.query(revise, { position, number, ...parametersOfState(state) })
}
