import type { EventEnvelope } from '@slipway/contracts'
import type { Statement, Store } from '../types.ts'
import { eventOf, type OutboxRow } from './relay-batch.ts'

/** More than any resource has that is asked about by this way. */
const most = 1_000

const find = (name: string, order: 'asc' | 'desc'): Statement => ({
  name: `platform.${name}`,
  text: `
    select id, event_id, noun, verb, aggregate, sequence, actor, traceparent, data::text, created_at
    from platform.outbox where noun = $1 and aggregate = $2 order by sequence ${order} limit $3`,
})
const oldestFirst = find('recorded-events', 'asc')
const newestFirst = find('newest-events', 'desc')

export type RecordedFilter = {
  readonly noun: string
  readonly aggregate: string
  /** Only so many, the newest. Default: the oldest 1,000. */
  readonly newest?: number | undefined
}

/**
 * The events of one aggregate that the outbox still holds, sent or not, as they are on the bus, in their order. `source`
 * is that of the service, `/slipway/<service>`.
 */
export async function recordedEvents(
  store: Pick<Store, 'read'>,
  source: string,
  { noun, aggregate, newest }: RecordedFilter,
): Promise<EventEnvelope[]> {
  const rows = await (newest === undefined
    ? store.read<OutboxRow>(oldestFirst, [noun, aggregate, most])
    : store.read<OutboxRow>(newestFirst, [noun, aggregate, newest]).then(found => found.toReversed()))
  return rows.map(row => eventOf(row, source))
}
