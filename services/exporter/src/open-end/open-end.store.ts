import type { Queryable, Store } from '@slipway/store'
import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely'
import type { KnownChild } from '../bulk-import/known-children.store.ts'
import type { Database } from '../database.ts'
import { linkColumns } from '../mapping/mapping-ends.ts'
import { clockNow, fromNow, msUntil, prepare, unnest } from '../sql.ts'

/**
 * In the order of the keys, whatever is locked: so that nobody waits in a circle. Whoever waits here holds the lock of
 * one source at most, and whoever holds one of these does not wait for the lock of a source.
 */
const lock = prepare<{ urls: readonly string[]; made: readonly boolean[] }>()('open-end.lock', (db, p) => {
  const given = unnest('given', { url: sql<string[]>`${p.urls}::text[]`, made: sql<boolean[]>`${p.made}::boolean[]` })
  const key = sql<number>`hashtextextended('slipway.mapping-ends/' || ${sql.ref('url')}, 0)`
  const ordered = db
    .selectFrom(given)
    .select(({ fn }) => [key.as('key'), fn.agg<boolean>('bool_or', ['made']).as('made')])
    .groupBy(key)
    .orderBy('key')
  return db.selectFrom(ordered.as('ordered')).select(({ case: either, fn }) =>
    either()
      .when('made', '=', true)
      .then(fn('pg_advisory_xact_lock', ['key']))
      .else(fn('pg_advisory_xact_lock_shared', ['key']))
      .end()
      .as('locked'),
  )
})

/** Mappings of which one end or the other is open, and is such a one. */
const open = (isWanted: (end: Expression<string | null>) => Expression<SqlBool>) => {
  const by = (end: 'open_to' | 'open_from') =>
    expressionBuilder<Database, never>()
      .selectFrom('child')
      .select(['position', 'source'])
      .where(({ ref }) => isWanted(ref(end)))
  return by('open_to').unionAll(by('open_from'))
}
const ofConcepts = prepare<{ keys: readonly string[] }>()('open-end.of-concepts', (db, p) =>
  db
    .selectFrom(unnest('wanted', { key: sql<string[]>`${p.keys}::text[]` }))
    .crossJoinLateral(open(end => sql`${end} = ${sql.ref('wanted.key')}`).as('found'))
    .select(['found.position', 'found.source'])
    .distinct(),
)
const ofSource = prepare<{ key: string }>()('open-end.of-source', (db, p) =>
  db
    .selectFrom(open(end => sql`${end} > ${p.key}::text || '/' and ${end} < ${p.key}::text || '0'`).as('found'))
    .select(['position', 'source'])
    .distinct(),
)
const lockFree = prepare<{ positions: readonly number[] }>()('open-end.lock-free', (db, p) =>
  db
    .selectFrom('source')
    .select('position')
    .where('position', '=', eb => eb.fn.any(p.positions))
    .orderBy('position')
    .forUpdate()
    .skipLocked(),
)
const lockOne = prepare<{ position: number }>()('open-end.lock-one', (db, p) =>
  db.selectFrom('source').select('position').where('position', '=', p.position).forUpdate(),
)
const byPosition = prepare<{ positions: readonly number[] }>()('open-end.mappings', (db, p) =>
  db
    .selectFrom('child as c')
    .innerJoin('child_version as v', 'v.position', 'c.head')
    .select(['c.position', 'c.id', 'c.uuid', 'c.match_key as matchKey', 'v.number', 'v.retired', 'v.body'])
    .select(linkColumns)
    .where('c.position', '=', eb => eb.fn.any(p.positions))
    .orderBy('c.position'),
)
type Postponed = { readonly mappings: readonly number[]; readonly sources: readonly number[] }
const postpone = prepare<Postponed>()('open-end.postpone', (db, p) => {
  const mapping = sql<number[]>`${p.mappings}::bigint[]`
  const source = sql<number[]>`${p.sources}::bigint[]`
  return db
    .insertInto('open_end_job')
    .columns(['mapping', 'source'])
    .expression(eb => eb.selectFrom(unnest('left', { mapping, source })).select(['mapping', 'source']))
    .onConflict(oc => oc.column('mapping').doUpdateSet(({ ref }) => ({ due_at: ref('excluded.due_at') })))
})
const dueSources = prepare<{ limit: number }>()('open-end.due-sources', (db, p) =>
  db.selectFrom('open_end_job').select('source').distinct().where('due_at', '<=', clockNow).limit(p.limit),
)
const nextDue = prepare()('open-end.next-due', db =>
  db.selectFrom('open_end_job').select(({ fn }) => msUntil(fn.min('due_at')).as('ms')),
)
/** Sizes stand beside what they are of: no row is read for them. */
const sizes = prepare<{ positions: readonly number[] }>()('open-end.sizes', (db, p) =>
  db
    .selectFrom('child as c')
    .innerJoin('child_version as v', 'v.position', 'c.head')
    .select(({ fn }) => ['c.position', fn<number>('octet_length', ['v.body']).as('bytes')])
    .where('c.position', '=', eb => eb.fn.any(p.positions)),
)
const takeJobs = prepare<{ source: number; limit: number; most: number }>()('open-end.take-jobs', (db, p) =>
  db
    .with('due', q =>
      q.selectFrom('open_end_job').select('mapping').where('source', '=', p.source).orderBy('mapping').limit(p.limit),
    )
    .with('sized', q =>
      q
        .selectFrom('due')
        .leftJoin('child as c', 'c.position', 'due.mapping')
        .leftJoin('child_version as v', 'v.position', 'c.head')
        .select(({ fn }) => {
          const bytes = fn.coalesce(fn<number>('octet_length', ['v.body']), sql.lit(0))
          return [
            'due.mapping',
            fn
              .sum<number>(bytes)
              .over(ob => ob.orderBy('due.mapping'))
              .as('bytes'),
          ]
        }),
    )
    .deleteFrom('open_end_job')
    .where('mapping', 'in', eb => eb.selectFrom('sized').select('mapping').where('bytes', '<=', p.most))
    .returning('mapping'),
)
const delay = prepare<{ source: number; ms: number }>()('open-end.delay', (db, p) =>
  db
    .updateTable('open_end_job')
    .set({ due_at: fromNow(p.ms, 'millisecond') })
    .where('source', '=', p.source),
)

/**
 * Keeps what comes into a source and what leads there apart until the transaction ends: whoever makes concepts of it, or
 * the source itself, is alone with it (`made`); those who make mappings into it (`into`) are many. Taken before either
 * looks for what the other one writes.
 */
export async function lockEnds(tx: Queryable, made: readonly string[], into: readonly string[]): Promise<void> {
  if (made.length + into.length === 0) return
  await tx.query(lock, {
    urls: [...made, ...into],
    made: [...made.map(() => true), ...into.map(() => false)],
  })
}

export type OpenMapping = { readonly position: number; readonly source: number }

/** Mappings that wait for these keys of ends. */
export const mappingsOpenTo = (tx: Queryable, keys: readonly string[]) => tx.query(ofConcepts, { keys })

/** Mappings that wait for anything of a source, by the beginning of its keys. */
export const mappingsOpenInto = (tx: Queryable, sourceKey: string) => tx.query(ofSource, { key: sourceKey })

/** Locks those of these sources that nobody else holds. */
export async function lockFreeSources(tx: Queryable, positions: readonly number[]): Promise<Set<number>> {
  if (positions.length === 0) return new Set()
  return new Set((await tx.query(lockFree, { positions })).map(({ position }) => position))
}

/** Waits for the lock of a source; false when it is gone. */
export async function lockSourceAt(tx: Queryable, position: number): Promise<boolean> {
  return (await tx.query(lockOne, { position })).length > 0
}

export function mappingsAt(tx: Queryable, positions: readonly number[]): Promise<KnownChild[]> {
  return tx.query(byPosition, { positions })
}

/** Leaves mappings to the worker. */
export async function postponeMappings(tx: Queryable, mappings: readonly OpenMapping[]): Promise<void> {
  if (mappings.length === 0) return
  await tx.query(postpone, {
    mappings: mappings.map(({ position }) => position),
    sources: mappings.map(({ source }) => source),
  })
}

/** Sources of mappings that were left to the worker. */
export async function dueSourcesOf(store: Store, limit: number): Promise<number[]> {
  return (await store.read(dueSources, { limit })).map(({ source }) => source)
}

export async function nextOpenEndMs(store: Store): Promise<number | null> {
  const [row] = await store.read(nextDue)
  return row?.ms ?? null
}

/**
 * Up to so many of the mappings of a source that were left to the worker, of so many bytes together; the lock of the
 * source is held. None when the first one has more.
 */
export async function takeOpenMappings(
  tx: Queryable,
  source: number,
  { limit, mostBytes }: { readonly limit: number; readonly mostBytes: number },
): Promise<number[]> {
  return (await tx.query(takeJobs, { source, limit, most: mostBytes })).map(({ mapping }) => mapping)
}

/** As many of these mappings, from the first on, as have so many bytes together. */
export async function firstWithin<Mapping extends { readonly position: number }>(
  tx: Queryable,
  mappings: readonly Mapping[],
  mostBytes: number,
): Promise<Mapping[]> {
  const positions = mappings.map(({ position }) => position)
  const rows = await tx.query(sizes, { positions })
  const bytesOf = new Map(rows.map(({ position, bytes }) => [position, bytes]))
  let sum = 0
  const end = mappings.findIndex(({ position }) => {
    sum += bytesOf.get(position) ?? 0
    return sum > mostBytes
  })
  return mappings.slice(0, end === -1 ? undefined : end)
}

/** Has the mappings of a source tried again after a while. */
export async function delayOpenMappings(store: Store, source: number, ms: number): Promise<void> {
  await store.write(delay, { source, ms })
}
