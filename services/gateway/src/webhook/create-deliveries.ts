import { type EventEnvelope, eventReaders } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'
import { accessIn } from '../stream/told-access.ts'
import { mayReceive, viewerColumn, type WebhookViewer } from './webhook-reader.ts'

/** Finds the webhooks that want events which were stored in the same transaction. Without webhooks it ends at once. */
const wanting: Statement = {
  name: 'webhook-delivery.wanting',
  text: `
    with event as materialized (
      select position, event_id, noun, noun || '.' || verb as type, aggregate, release_id, payload::json as envelope
      from stream_event
      where event_id = any($1) and exists (select from webhook where enabled)
    )
    select e.event_id, w.id as webhook_id, ${viewerColumn}
    from event e
    join webhook w on w.enabled
      and (w.types = '{}' or w.types && array['*', e.noun, e.noun || '.*', e.type])
      and ((w.releases = '{}' and w.studies = '{}')
        or e.release_id = any(w.releases)
        or (w.studies <> '{}'
          and w.studies && studies_of_event(e.noun, e.aggregate, e.release_id, e.envelope -> 'data')))
    order by e.position`,
}

/** `json`, unlike `jsonb`, leaves the data as they were written. */
const create: Statement = {
  name: 'webhook-delivery.create',
  text: `
    with wanted as materialized (
      select event_id, webhook_id, place
      from unnest($1::text[], $2::uuid[]) with ordinality as x (event_id, webhook_id, place)
    ),
    event as materialized (
      select event_id, noun || '.' || verb as type, readers, thing, payload::json as envelope
      from stream_event where event_id = any($1)
    ),
    message as (
      insert into webhook_message (id, type, readers, thing, body)
      select event_id, type, readers, thing, json_build_object(
        'type', type, 'timestamp', envelope -> 'time', 'data', envelope -> 'data', 'subject', envelope -> 'subject',
        'sequence', envelope -> 'sequence', 'actor', envelope -> 'actor')::text
      from event
      on conflict (id) do nothing
    )
    insert into webhook_delivery (webhook_id, message_id)
    select webhook_id, event_id from wanted order by place
    on conflict (message_id, webhook_id) do nothing`,
}

type Wanting = { readonly event_id: string; readonly webhook_id: string; readonly viewer: WebhookViewer }

/**
 * Writes a delivery for each of the events and each webhook that wants it and whose owner may read it. They must be in
 * the stream already.
 */
export async function createDeliveries(tx: Queryable, events: readonly EventEnvelope[]): Promise<void> {
  const found = await tx.query<Wanting>(wanting, [events.map(({ id }) => id)])
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
  await tx.query(create, [allowed.map(({ event_id }) => event_id), allowed.map(({ webhook_id }) => webhook_id)])
}
