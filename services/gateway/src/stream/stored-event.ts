import { type EventEnvelope, eventReaders } from '@slipway/contracts'
import type { Queryable, Store } from '@slipway/store'
import { sql } from 'kysely'
import { daysAgo, ifGiven, prepare } from '../sql.ts'
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

type Stored = {
  readonly event_id: string
  readonly noun: string
  readonly verb: string
  readonly aggregate: string
  readonly release_id: string | null
  readonly payload: string
  /** As JSON: lists of lists are of one length in PostgreSQL. */
  readonly readers: string
  readonly thing: string | null
}
/** A list a column. */
type Columns = { readonly [Column in keyof Stored]: readonly Stored[Column][] }

/**
 * Positions are taken for rows that come out of the lock, so they become visible in their order; within one statement
 * they follow the order of the events.
 */
const insert = prepare<Columns>()('stream-event.insert', (db, p) => {
  const lists = [p.event_id, p.noun, p.verb, p.aggregate, p.release_id, p.payload, p.readers, p.thing]
  const events = sql<
    Stored & { place: number }
  >`unnest(${sql.join(lists.map(list => sql`${list}::text[]`))}) with ordinality`
  return db
    .with(
      cte => cte('turn').materialized(),
      q => q.selectNoFrom(sql`pg_advisory_xact_lock(hashtextextended('gateway.stream', 0))`.as('locked')),
    )
    .insertInto('stream_event')
    .columns(['event_id', 'noun', 'verb', 'aggregate', 'release_id', 'payload', 'readers', 'thing'])
    .expression(eb =>
      eb
        .selectFrom([
          'turn',
          events.as<'event'>(sql`event (event_id, noun, verb, aggregate, release_id, payload, readers, thing, place)`),
        ])
        .select([
          'event_id',
          'noun',
          'verb',
          'aggregate',
          'release_id',
          'payload',
          sql<string[]>`array(select json_array_elements_text(readers::json))`.as('readers'),
          'thing',
        ])
        .orderBy('place'),
    )
    .onConflict(conflict => conflict.column('event_id').doNothing())
})
const columns = ['position', 'noun', 'verb', 'aggregate', 'release_id', 'readers', 'thing', 'payload'] as const
const after = prepare<{ position: number; limit: number }>()('stream-event.after', (db, p) =>
  db.selectFrom('stream_event').select(columns).where('position', '>', p.position).orderBy('position').limit(p.limit),
)

type Wanted = {
  readonly from: number
  readonly to: number
  readonly release: string | null
  readonly subject: string | null
  readonly nouns: readonly string[] | null
  readonly types: readonly string[] | null
  readonly words: readonly string[]
  readonly limit: number
}
const matching = prepare<Wanted>()('stream-event.matching', (db, p) =>
  db
    .selectFrom('stream_event')
    .select(columns)
    .where('position', '>', p.from)
    .where('position', '<=', p.to)
    .where(eb => ifGiven(p.release, 'text', eb('release_id', '=', p.release)))
    .where(eb => ifGiven(p.subject, 'text', eb('aggregate', '=', p.subject)))
    .where(eb =>
      ifGiven(
        p.nouns,
        'text[]',
        eb.or([
          eb('noun', '=', eb.fn.any(sql<string[]>`${p.nouns}::text[]`)),
          eb(sql<string>`noun || '.' || verb`, '=', eb.fn.any(sql<string[]>`${p.types}::text[]`)),
        ]),
      ),
    )
    .where('readers', '&&', sql<string[]>`${p.words}::text[]`)
    .orderBy('position')
    .limit(p.limit),
)
const ends = prepare()('stream-event.ends', db =>
  db.selectFrom('stream_purge').select(eb => [
    'purged_to as purgedTo',
    eb.fn
      .coalesce(
        eb.selectFrom('stream_event').select(stored => stored.fn.max('position').as('last')),
        'purged_to',
      )
      .as('last'),
  ]),
)
const purge = prepare<{ days: number }>()('stream-event.purge', (db, p) =>
  db
    .with('gone', q =>
      q
        .deleteFrom('stream_event')
        .where('position', 'in', eb =>
          eb
            .selectFrom('stream_event')
            .select('position')
            .where('stored_at', '<', daysAgo(p.days))
            .orderBy('position')
            .limit(5000),
        )
        .returning('position'),
    )
    .updateTable('stream_purge')
    .set(eb => ({
      purged_to: eb.fn<number>('greatest', [
        'purged_to',
        eb.selectFrom('gone').select(gone => gone.fn.max('position').as('last')),
      ]),
    }))
    .returning(sql<number>`(select count(*) from gone)`.as('gone')),
)

/**
 * Keeps events for readers, but those that are kept already and those that nobody reads here. Holds the lock of the
 * stream until the commit.
 */
export async function storeEvents(tx: Queryable, events: readonly EventEnvelope[]): Promise<void> {
  const rows = events.flatMap(event => {
    const { readers, thing } = eventReaders(event)
    if (readers.length === 0) return []
    const [noun = '', verb = ''] = event.type.split('.').slice(2)
    return {
      event_id: event.id,
      noun,
      verb,
      aggregate: event.subject,
      release_id: releaseOf(noun, event),
      payload: JSON.stringify(event),
      readers: JSON.stringify(readers),
      thing,
    } satisfies Stored
  })
  await noteAccess(tx, events)
  await tx.query(insert, {
    event_id: rows.map(row => row.event_id),
    noun: rows.map(row => row.noun),
    verb: rows.map(row => row.verb),
    aggregate: rows.map(row => row.aggregate),
    release_id: rows.map(row => row.release_id),
    payload: rows.map(row => row.payload),
    readers: rows.map(row => row.readers),
    thing: rows.map(row => row.thing),
  })
}

/** The release that an event is about; services name it in the data, and a release is about itself. */
export function releaseOf(noun: string, { subject, data }: EventEnvelope): string | null {
  if (noun === 'release') return subject
  const { release_id, release } = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>
  const id = release_id ?? release
  return typeof id === 'string' ? id : null
}

export function eventsAfter(store: Store, position: number, limit: number): Promise<StoredEvent[]> {
  return store.read(after, { position, limit })
}

/** Events that a filter lets through, from after one position up to another, oldest first. */
export function eventsBetween(store: Store, from: number, to: number, filter: EventFilter, limit: number) {
  const { release, subject, nouns, types } = filter
  const byType = nouns.length > 0 || types.length > 0
  return store.read(matching, {
    from,
    to,
    release,
    subject,
    nouns: byType ? nouns : null,
    types: byType ? types : null,
    words: [...filter.viewer.words()],
    limit,
  })
}

export async function streamEnds(store: Store): Promise<StreamEnds> {
  const [row] = await store.read(ends)
  return row as StreamEnds
}

/** Forgets events older than so many days; returns how many. */
export async function purgeEvents(store: Store, days: number): Promise<number> {
  for (let total = 0; ; ) {
    const [step] = await store.write(purge, { days })
    total += step?.gone ?? 0
    if (!step || step.gone === 0) return total
  }
}
