import type { EventEnvelope } from '@slipway/contracts'
import type { Queryable, Statement, Store } from '@slipway/store'

/** An event with its place in the stream. */
export type StoredEvent = {
  readonly position: number
  readonly noun: string
  readonly verb: string
  readonly aggregate: string
  readonly release_id: string | null
  /** The CloudEvents message as JSON text. */
  readonly payload: string
}

/** Which events a reader wants. Null and empty: all. */
export type EventFilter = {
  readonly release: string | null
  readonly subject: string | null
  /** Every event of these nouns, … */
  readonly nouns: readonly string[]
  /** … and these, as `<noun>.<verb>`. */
  readonly types: readonly string[]
  /** None of these nouns: the reader may not see them. */
  readonly hidden: readonly string[]
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
    insert into stream_event (event_id, noun, verb, aggregate, release_id, payload)
    select event_id, noun, verb, aggregate, release_id, payload from turn, unnest(
      $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]
    ) with ordinality as event (event_id, noun, verb, aggregate, release_id, payload, place)
    order by place
    on conflict (event_id) do nothing`,
}
const columns = 'position, noun, verb, aggregate, release_id, payload'
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
      and noun <> all($8::text[])
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

/** Keeps events for readers, but those that are kept already. Holds the lock of the stream until the commit. */
export async function storeEvents(tx: Queryable, events: readonly EventEnvelope[]): Promise<void> {
  const rows = events.map(event => {
    const [noun = '', verb = ''] = event.type.split('.').slice(2)
    return [event.id, noun, verb, event.subject, releaseOf(noun, event), JSON.stringify(event)]
  })
  const columns = Array.from({ length: 6 }, (_, column) => rows.map(row => row[column]))
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
    filter.hidden,
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
