import type { Queryable, Statement } from './types.ts'

const receive: Statement = {
  name: 'platform.inbox-receive',
  text: 'insert into platform.inbox (consumer, event_id) values ($1, $2) on conflict do nothing returning true as first',
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
