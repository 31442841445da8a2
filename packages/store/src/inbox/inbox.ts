import type { Queryable, Statement } from '../types.ts'

const receive: Statement = {
  name: 'platform.inbox-receive',
  text: 'insert into platform.inbox (consumer, event_id) values ($1, $2) on conflict do nothing returning true as first',
}

const receiveAll: Statement = {
  name: 'platform.inbox-receive-all',
  text: `insert into platform.inbox (consumer, event_id) select $1, unnest($2::text[])
    on conflict do nothing returning event_id as id`,
}

/**
 * True the first time a consumer gets an event, false ever after. Called in the transaction of the event's effect,
 * before the effect: if that rolls back, the event counts as not received. While another transaction handles the same
 * event, the call waits for its outcome.
 */
export async function once(tx: Queryable, consumer: string, eventId: string): Promise<boolean> {
  const rows = await tx.query(receive, [consumer, eventId])
  return rows.length > 0
}

/** The same for several events: the ids of those that the consumer gets for the first time. */
export async function onceEach(tx: Queryable, consumer: string, eventIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ id: string }>(receiveAll, [consumer, eventIds])
  return new Set(rows.map(({ id }) => id))
}
