import type { Statement, Store } from '../types.ts'

/** What the event stream of the broker says of itself. */
export type StreamMark = {
  /** When the stream was made, in the broker's words; another stream has another one. */
  readonly created: string
  /** Number of the newest event in it, which only grows as long as nothing is lost. */
  readonly lastSequence: number
}

type Remembered = { readonly created: string | null; readonly last_sequence: number; readonly resent_to: number | null }

const remembered: Statement = {
  name: 'platform.event-stream',
  text: 'select created, last_sequence, resent_to from platform.event_stream',
}

/** Nothing, if another replica has noted something meanwhile. */
const note: Statement = {
  name: 'platform.event-stream-note',
  text: `
    update platform.event_stream set created = $1, last_sequence = $2,
      resent_to = case when $3 then 0 else resent_to end
    where created is not distinct from $4 and last_sequence = $5
    returning resent_to`,
}

const sentBefore: Statement = {
  name: 'platform.event-stream-sent-before',
  text: 'select exists (select from platform.outbox where sent_at < $1::timestamptz) as found',
}

/**
 * Rows that a relay holds at this moment are waited for: it may be about to mark as sent what the lost stream had taken.
 * The row of the stream lets one replica at a time do this.
 */
const resendSome: Statement = {
  name: 'platform.event-stream-resend',
  text: `
    with place as materialized (
      select resent_to from platform.event_stream where resent_to is not null for update
    ), span as materialized (
      select id from platform.outbox, place where id > resent_to order by id limit $1
    ), marked as (
      update platform.outbox o set sent_at = null, resent = resent + 1 from span where o.id = span.id returning o.id
    )
    update platform.event_stream set resent_to = (select max(id) from span) from place
    returning (select count(*) from marked) as marked, event_stream.resent_to is not null as more`,
}

const chunk = 5_000

/**
 * Compares the stream with the one that the sent events went to, and has all kept events sent again, once over all
 * replicas and in their order, if it is another one or has lost its newest events. Goes on with what a process that died
 * had begun. `look` asks the broker. Returns how many events this call marked.
 */
export async function resendLost(store: Store, look: () => Promise<StreamMark>): Promise<number> {
  // Read before the stream is looked at: a number that another replica noted meanwhile proves nothing.
  const [known] = await store.read<Remembered>(remembered)
  const stream = await look()
  if (!known) return 0
  const lost = await isLost(store, known, stream)
  let resending = known.resent_to !== null
  if (lost || known.created !== stream.created || known.last_sequence !== stream.lastSequence) {
    const values = [stream.created, stream.lastSequence, lost, known.created, known.last_sequence]
    const [noted] = await store.write<Pick<Remembered, 'resent_to'>>(note, values)
    resending ||= noted !== undefined && noted.resent_to !== null
  }
  let total = 0
  while (resending) {
    const [step] = await store.write<{ marked: number; more: boolean }>(resendSome, [chunk])
    total += step?.marked ?? 0
    resending = step?.more ?? false
    store.outboxChanged.emit()
  }
  return total
}

async function isLost(store: Store, known: Remembered, stream: StreamMark): Promise<boolean> {
  if (known.created !== null) {
    return known.created !== stream.created || known.last_sequence > stream.lastSequence
  }
  const [row] = await store.read<{ found: boolean }>(sentBefore, [stream.created])
  return row?.found ?? false
}
