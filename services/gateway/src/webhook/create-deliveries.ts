import { type EventEnvelope, eventReaders } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'
import { accessIn } from '../stream/told-access.ts'
import { mayReceive, viewerColumn } from './webhook-reader.ts'

const type = sql<string>`noun || '.' || verb`
const envelope = sql<unknown>`payload::json`

/** Finds the webhooks that want events which were stored in the same transaction. Without webhooks it ends at once. */
const wanting = prepare<{ eventIds: readonly string[] }>()('webhook-delivery.wanting', (db, p) =>
  db
    .with(
      cte => cte('event').materialized(),
      q =>
        q
          .selectFrom('stream_event')
          .select(['position', 'event_id', 'noun', 'aggregate', 'release_id', type.as('type'), envelope.as('envelope')])
          .where(eb => eb('event_id', '=', eb.fn.any(p.eventIds)))
          .where(eb => eb.exists(eb.selectFrom('webhook').where('enabled', '=', true))),
    )
    .selectFrom('event as e')
    .innerJoin('webhook as w', join =>
      join
        .on('w.enabled', '=', true)
        .on(sql<boolean>`(w.types = '{}' or w.types && array['*', e.noun, e.noun || '.*', e.type])`)
        .on(sql<boolean>`((w.releases = '{}' and w.studies = '{}')
          or e.release_id = any(w.releases)
          or (w.studies <> '{}'
            and w.studies && studies_of_event(e.noun, e.aggregate, e.release_id, e.envelope -> 'data')))`),
    )
    .select(['e.event_id', 'w.id as webhook_id', viewerColumn])
    .orderBy('e.position'),
)

/** `json`, unlike `jsonb`, leaves the data as they were written. */
const body = sql<string>`json_build_object(
  'type', type, 'timestamp', envelope -> 'time', 'data', envelope -> 'data', 'subject', envelope -> 'subject',
  'sequence', envelope -> 'sequence', 'actor', envelope -> 'actor')::text`
type Wanted = { readonly event_id: string; readonly webhook_id: string; readonly place: number }
const create = prepare<{ eventIds: readonly string[]; webhookIds: readonly string[] }>()(
  'webhook-delivery.create',
  (db, p) =>
    db
      .with(
        cte => cte('wanted').materialized(),
        q =>
          q
            .selectFrom(
              sql<Wanted>`unnest(${p.eventIds}::text[], ${p.webhookIds}::uuid[]) with ordinality`.as<'x'>(
                sql`x (event_id, webhook_id, place)`,
              ),
            )
            .select(['event_id', 'webhook_id', 'place']),
      )
      .with(
        cte => cte('event').materialized(),
        q =>
          q
            .selectFrom('stream_event')
            .select(['event_id', 'readers', 'thing', type.as('type'), envelope.as('envelope')])
            .where(eb => eb('event_id', '=', eb.fn.any(p.eventIds))),
      )
      .with('message', q =>
        q
          .insertInto('webhook_message')
          .columns(['id', 'type', 'readers', 'thing', 'body'])
          .expression(eb => eb.selectFrom('event').select(['event_id', 'type', 'readers', 'thing', body.as('body')]))
          .onConflict(conflict => conflict.column('id').doNothing()),
      )
      .insertInto('webhook_delivery')
      .columns(['webhook_id', 'message_id'])
      .expression(eb => eb.selectFrom('wanted').select(['webhook_id', 'event_id']).orderBy('place'))
      .onConflict(conflict => conflict.columns(['message_id', 'webhook_id']).doNothing()),
)

/**
 * Writes a delivery for each of the events and each webhook that wants it and whose owner may read it. They must be in
 * the stream already.
 */
export async function createDeliveries(tx: Queryable, events: readonly EventEnvelope[]): Promise<void> {
  const found = await tx.query(wanting, { eventIds: events.map(({ id }) => id) })
  if (found.length === 0) return
  const readers = new Map(events.map(event => [event.id, eventReaders(event)]))
  const things = [...readers.values()].flatMap(({ thing }) => thing ?? [])
  const logins = found.flatMap(({ viewer }) => viewer.login?.toLowerCase() ?? [])
  const access = await accessIn(tx, things, logins)
  const allowed = found.filter(({ event_id, viewer }) => {
    const event = readers.get(event_id)
    return event !== undefined && mayReceive(viewer, event, access)
  })
  if (allowed.length === 0) return
  await tx.query(create, {
    eventIds: allowed.map(({ event_id }) => event_id),
    webhookIds: allowed.map(({ webhook_id }) => webhook_id),
  })
}
