import { type EventEnvelope, personalNouns } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'
import { administratorRoles, developerRoles } from './rights.ts'

const has = (roles: readonly string[]) =>
  `(v.superuser or v.roles && array[${roles.map(role => `'${role}'`).join(', ')}])`

/**
 * Reads events where they were stored in the same transaction, and sends them to whoever wants them and may read them.
 * Where there are no webhooks it ends at once. `json`, unlike `jsonb`, leaves the data as they were written.
 */
const create: Statement = {
  name: 'webhook-delivery.create',
  text: `
    with event as materialized (
      select position, event_id, noun, noun || '.' || verb as type, aggregate, release_id, payload::json as envelope
      from stream_event
      where event_id = any($1) and exists (select from webhook where enabled)
    ),
    wanted as materialized (
      select e.position, e.event_id, w.id as webhook_id
      from event e
      join webhook w on w.enabled
        and (w.types = '{}' or w.types && array['*', e.noun, e.noun || '.*', e.type])
        and ((w.releases = '{}' and w.studies = '{}')
          or e.release_id = any(w.releases)
          or (w.studies <> '{}'
            and w.studies && studies_of_event(e.noun, e.aggregate, e.release_id, e.envelope -> 'data')))
      join webhook_viewer v on v.webhook_id = w.id and v.good
      where (v.account_id is null and e.noun <> all($2))
        or (${has(developerRoles)} and (e.noun <> all($2) or ${has(administratorRoles)}))
    ),
    message as (
      insert into webhook_message (id, type, body)
      select event_id, type, json_build_object(
        'type', type, 'timestamp', envelope -> 'time', 'data', envelope -> 'data', 'subject', envelope -> 'subject',
        'sequence', envelope -> 'sequence', 'actor', envelope -> 'actor')::text
      from event where event_id in (select event_id from wanted)
      on conflict (id) do nothing
    )
    insert into webhook_delivery (webhook_id, message_id)
    select webhook_id, event_id from wanted order by position
    on conflict (message_id, webhook_id) do nothing`,
}

/** Writes a delivery for each of the events and each webhook that wants it. They must be in the stream already. */
export async function createDeliveries(tx: Queryable, events: readonly EventEnvelope[]): Promise<void> {
  await tx.query(create, [events.map(({ id }) => id), personalNouns])
}
