import { type EventEnvelope, eventReaders } from '@slipway/contracts'
import type { Queryable, Statement, Store } from '@slipway/store'
import { noteAccess } from './told-access.ts'

/** An event with its place in the stream. */
export type StoredEvent = {
  readonly position: number
  readonly noun: string
  readonly verb: string
  readonly aggregate: string
  readonly release_id: string | null
  /** Who may read it, and what it is about: see the audience of its type. */
  readonly readers: readonly string[]
  readonly thing: string | null
  /** The CloudEvents message as JSON text. */
  readonly payload: string
}

/** Who reads events, at this moment. */
export type Viewer = {
  /** What the reader is, in the words of readers. */
  words(): ReadonlySet<string>
  isPrivate(thing: string): boolean
}

/** Which events a reader wants. Null and empty: all. */
export type EventFilter = {
  readonly release: string | null
  readonly subject: string | null
  /** Every event of these nouns, … */
  readonly nouns: readonly string[]
  /** … and these, as `<noun>.<verb>`. */
  readonly types: readonly string[]
  /** Who reads. */
  readonly viewer: Viewer
}

/** The stream as far as readers may see it. */
export type StreamEnds = {
  /** Everything up to here was forgotten. */
  readonly purgedTo: number
  /** Position of the newest event; `purgedTo` if none is kept. */
  readonly last: number
}

/**
 * Positions are taken for rows that come out of the lock, so they become visible in their order; within one statement
 * they follow the order of the events.
 */
const insert: Statement = {
  name: 'stream-event.insert',
  text: `with turn as materialized (select pg_advisory_xact_lock(hashtextextended('gateway.stream', 0)))
    insert into stream_event (event_id, noun, verb, aggregate, release_id, payload, readers, thing)
    select event_id, noun, verb, aggregate, release_id, payload, array(select json_array_elements_text(readers::json)), thing
    from turn, unnest(
      $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]
    ) with ordinality as event (event_id, noun, verb, aggregate, release_id, payload, readers, thing, place)
    order by place
    on conflict (event_id) do nothing`,
}
const columns = 'position, noun, verb, aggregate, release_id, readers, thing, payload'
const after: Statement = {
  name: 'stream-event.after',
  text: `select ${columns} from stream_event where position > $1 order by position limit $2`,
}
const matching: Statement = {
  name: 'stream-event.matching',
  text: `select ${columns} from stream_event
    where position > $1 and position <= $2
      and ($3::text is null or release_id = $3)
      and ($4::text is null or aggregate = $4)
      and ($5::text[] is null or noun = any($5) or noun || '.' || verb = any($6))
      and readers && $8::text[]
    order by position limit $7`,
}
const ends: Statement = {
  name: 'stream-event.ends',
  text: `select purged_to as "purgedTo", coalesce((select max(position) from stream_event), purged_to) as last
    from stream_purge`,
}
const purge: Statement = {
  name: 'stream-event.purge',
  text: `with gone as (
      delete from stream_event where position in (
        select position from stream_event where stored_at < now() - make_interval(days => $1::int)
        order by position limit 5000)
      returning position)
    update stream_purge set purged_to = greatest(purged_to, (select max(position) from gone))
    returning (select count(*) from gone) as gone`,
}

/**
 * Keeps events for readers, but those that are kept already and those that nobody reads here. Holds the lock of the
 * stream until the commit.
 */
export async function storeEvents(tx: Queryable, events: readonly EventEnvelope[]): Promise<void> {
  const rows = events.flatMap(event => {
    const { readers, thing } = eventReaders(event)
    if (readers.length === 0) return []
    const [noun = '', verb = ''] = event.type.split('.').slice(2)
    const about = [releaseOf(noun, event), JSON.stringify(event), JSON.stringify(readers), thing]
    return [[event.id, noun, verb, event.subject, ...about]]
  })
  await noteAccess(tx, events)
  const columns = Array.from({ length: 8 }, (_, column) => rows.map(row => row[column]))
  await tx.query(insert, columns)
}

/** The release that an event is about; services name it in the data, and a release is about itself. */
export function releaseOf(noun: string, { subject, data }: EventEnvelope): string | null {
  if (noun === 'release') return subject
  const { release_id, release } = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>
  const id = release_id ?? release
  return typeof id === 'string' ? id : null
}

export function eventsAfter(store: Store, position: number, limit: number): Promise<StoredEvent[]> {
  return store.read<StoredEvent>(after, [position, limit])
}

/** Events that a filter lets through, from after one position up to another, oldest first. */
export function eventsBetween(store: Store, from: number, to: number, filter: EventFilter, limit: number) {
  const { release, subject, nouns, types } = filter
  const byType = nouns.length > 0 || types.length > 0
  return store.read<StoredEvent>(matching, [
    from,
    to,
    release,
    subject,
    byType ? nouns : null,
    byType ? types : null,
    limit,
    [...filter.viewer.words()],
  ])
}

export async function streamEnds(store: Store): Promise<StreamEnds> {
  const [row] = await store.read<StreamEnds>(ends)
  return row as StreamEnds
}

/** Forgets events older than so many days; returns how many. */
export async function purgeEvents(store: Store, days: number): Promise<number> {
  for (let total = 0; ; ) {
    const [step] = await store.write<{ gone: number }>(purge, [days])
    total += step?.gone ?? 0
    if (!step || step.gone === 0) return total
  }
}
