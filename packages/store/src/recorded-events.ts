import type { EventEnvelope } from '@slipway/contracts'
import { eventOf, type OutboxRow } from './relay-batch.ts'
import type { AnyStore, Statement } from './types.ts'

/** More than any resource has that is asked about by this way. */
const most = 1_000

const find: Statement = {
  name: 'platform.recorded-events',
  text: `
    select id, event_id, noun, verb, aggregate, sequence, actor, traceparent, data::text, created_at
    from platform.outbox where noun = $1 and aggregate = $2 order by sequence limit $3`,
}

/**
 * The events of one aggregate that the outbox still holds, sent or not, as they are on the bus; at most 1,000, the
 * oldest first. `source` is that of the service, `/slipway/<service>`.
 */
export async function recordedEvents(
  store: Pick<AnyStore, 'read'>,
  source: string,
  noun: string,
  aggregate: string,
): Promise<EventEnvelope[]> {
  const rows = await store.read<OutboxRow>(find, [noun, aggregate, most])
  return rows.map(row => eventOf(row, source))
}
