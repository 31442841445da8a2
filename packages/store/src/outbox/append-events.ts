import type { NewEvent, Queryable, Statement } from '../types.ts'

/**
 * The columns of `platform.outbox` that a change fills, in the order in which statements of this platform name them.
 * The rest (`id`, `event_id`, `created_at`) has defaults. A statement that makes the change and writes its event at once:
 *
 * ```ts
 * const publishVersion: Statement = {
 *   name: 'version.publish',
 *   text: `
 *     with changed as (
 *       update version set state = 'published', revision = revision + 1
 *       where id = $1 and state = 'draft'
 *       returning id, revision
 *     ), event as (
 *       insert into platform.outbox (${outboxColumns})
 *       select 'version', 'published', id, revision, $2, $3, json_build_object('id', id) from changed
 *     )
 *     select id, revision from changed`,
 * }
 * const [changed] = await store.write<Changed>(publishVersion, [id, actor, traceparent])
 * ```
 *
 * The row lock of the update is what gives the events of one aggregate their order, so the sequence number must come
 * out of the row that was changed. Unlike `select … for update` first, this is one round trip.
 */
export const outboxColumns = 'noun, verb, aggregate, sequence, actor, traceparent, data'

const append: Statement = {
  name: 'platform.append-events',
  text: `
    insert into platform.outbox (${outboxColumns})
    select noun, verb, aggregate, sequence, actor, traceparent, coalesce(data, 'null')
    from json_to_recordset($1) as event(
      noun text, verb text, aggregate text, sequence bigint, actor text, traceparent text, data json
    )`,
}

/**
 * Writes events in the transaction of the change they tell of, in the given order, in one round trip. Fails with a
 * unique violation of `outbox_sequence_key` when a sequence number of an aggregate is taken: somebody else changed it.
 */
export async function appendEvents(tx: Queryable, events: readonly NewEvent[]): Promise<void> {
  if (events.length > 0) await tx.query(append, [JSON.stringify(events)])
}
