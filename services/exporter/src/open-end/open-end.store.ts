import type { AnyStore, Queryable, Statement } from '@slipway/store'
import type { KnownChild } from '../bulk-import/write-children.ts'

/**
 * In the order of the keys, whatever is locked: so that nobody waits in a circle. Whoever waits here holds the lock of
 * one source at most, and whoever holds one of these does not wait for the lock of a source.
 */
const lock: Statement = {
  name: 'open-end.lock',
  text: `select case when made then pg_advisory_xact_lock(key) else pg_advisory_xact_lock_shared(key) end
    from (
      select hashtextextended('slipway.mapping-ends/' || url, 0) as key, bool_or(made) as made
      from unnest($1::text[], $2::boolean[]) as given (url, made) group by 1 order by 1
    ) ordered`,
}
const open = (matches: (column: string) => string) =>
  `select position, source from child where ${matches('open_to')}
    union all select position, source from child where ${matches('open_from')}`
const ofConcepts: Statement = {
  name: 'open-end.of-concepts',
  text: `select distinct found.position, found.source from unnest($1::text[]) as wanted (key)
    cross join lateral (${open(column => `${column} = wanted.key`)}) found`,
}
const ofSource: Statement = {
  name: 'open-end.of-source',
  text: `select distinct position, source
    from (${open(column => `${column} > $1::text || '/' and ${column} < $1::text || '0'`)}) found`,
}
const lockFree: Statement = {
  name: 'open-end.lock-free',
  text: `select position from source where position = any($1::bigint[]) order by position for update skip locked`,
}
const lockOne: Statement = {
  name: 'open-end.lock-one',
  text: 'select position from source where position = $1 for update',
}
const byPosition: Statement = {
  name: 'open-end.mappings',
  text: `select c.position, c.id, c.uuid, c.match_key as "matchKey", v.number, v.retired, v.body, c.from_source as "from",
      c.to_source as "to", v.from_concept as "fromConcept", v.to_concept as "toConcept"
    from child c join child_version v on v.position = c.head where c.position = any($1::bigint[]) order by c.position`,
}
const postpone: Statement = {
  name: 'open-end.postpone',
  text: `insert into open_end_job (mapping, source) select * from unnest($1::bigint[], $2::bigint[])
    on conflict (mapping) do update set due_at = excluded.due_at`,
}
const dueSources: Statement = {
  name: 'open-end.due-sources',
  text: 'select distinct source from open_end_job where due_at <= clock_timestamp() limit $1',
}
const nextDue: Statement = {
  name: 'open-end.next-due',
  text: `select (extract(epoch from min(due_at) - clock_timestamp()) * 1000)::float8 as ms from open_end_job`,
}
/** Sizes stand beside what they are of: no row is read for them. */
const sizes: Statement = {
  name: 'open-end.sizes',
  text: `select c.position, octet_length(v.body) as bytes from child c join child_version v on v.position = c.head
    where c.position = any($1::bigint[])`,
}
const takeJobs: Statement = {
  name: 'open-end.take-jobs',
  text: `with due as (select mapping from open_end_job where source = $1 order by mapping limit $2),
    sized as (
      select due.mapping, sum(coalesce(octet_length(v.body), 0)) over (order by due.mapping) as bytes
      from due left join child c on c.position = due.mapping left join child_version v on v.position = c.head
    )
    delete from open_end_job where mapping in (select mapping from sized where bytes <= $3) returning mapping`,
}
const delay: Statement = {
  name: 'open-end.delay',
  text: `update open_end_job set due_at = clock_timestamp() + $2 * interval '1 millisecond' where source = $1`,
}

/**
 * Keeps what comes into a source and what leads there apart until the transaction ends: whoever makes concepts of it, or
 * the source itself, is alone with it (`made`); those who make mappings into it (`into`) are many. Taken before either
 * looks for what the other one writes.
 */
export async function lockEnds(tx: Queryable, made: readonly string[], into: readonly string[]): Promise<void> {
  if (made.length + into.length === 0) return
  await tx.query(lock, [
    [...made, ...into],
    [...made.map(() => true), ...into.map(() => false)],
  ])
}

export type OpenMapping = { readonly position: number; readonly source: number }

/** Mappings that wait for these keys of ends. */
export const mappingsOpenTo = (tx: Queryable, keys: readonly string[]) => tx.query<OpenMapping>(ofConcepts, [keys])

/** Mappings that wait for anything of a source, by the beginning of its keys. */
export const mappingsOpenInto = (tx: Queryable, sourceKey: string) => tx.query<OpenMapping>(ofSource, [sourceKey])

/** Locks those of these sources that nobody else holds. */
export async function lockFreeSources(tx: Queryable, positions: readonly number[]): Promise<Set<number>> {
  if (positions.length === 0) return new Set()
  return new Set((await tx.query<{ position: number }>(lockFree, [positions])).map(({ position }) => position))
}

/** Waits for the lock of a source; false when it is gone. */
export async function lockSourceAt(tx: Queryable, position: number): Promise<boolean> {
  return (await tx.query(lockOne, [position])).length > 0
}

export const mappingsAt = (tx: Queryable, positions: readonly number[]) => tx.query<KnownChild>(byPosition, [positions])

/** Leaves mappings to the worker. */
export async function postponeMappings(tx: Queryable, mappings: readonly OpenMapping[]): Promise<void> {
  if (mappings.length === 0) return
  await tx.query(postpone, [mappings.map(({ position }) => position), mappings.map(({ source }) => source)])
}

/** Sources of mappings that were left to the worker. */
export async function dueSourcesOf(store: AnyStore, limit: number): Promise<number[]> {
  return (await store.read<{ source: number }>(dueSources, [limit])).map(({ source }) => source)
}

export async function nextOpenEndMs(store: AnyStore): Promise<number | null> {
  const [row] = await store.read<{ ms: number | null }>(nextDue)
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
  return (await tx.query<{ mapping: number }>(takeJobs, [source, limit, mostBytes])).map(({ mapping }) => mapping)
}

/** As many of these mappings, from the first on, as have so many bytes together. */
export async function firstWithin<Mapping extends { readonly position: number }>(
  tx: Queryable,
  mappings: readonly Mapping[],
  mostBytes: number,
): Promise<Mapping[]> {
  const positions = mappings.map(({ position }) => position)
  const rows = await tx.query<{ position: number; bytes: number }>(sizes, [positions])
  const bytesOf = new Map(rows.map(({ position, bytes }) => [position, bytes]))
  let sum = 0
  const end = mappings.findIndex(({ position }) => {
    sum += bytesOf.get(position) ?? 0
    return sum > mostBytes
  })
  return mappings.slice(0, end === -1 ? undefined : end)
}

/** Has the mappings of a source tried again after a while. */
export async function delayOpenMappings(store: AnyStore, source: number, ms: number): Promise<void> {
  await store.write(delay, [source, ms])
}
