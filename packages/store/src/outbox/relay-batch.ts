import { type EventEnvelope, parseExact } from '@slipway/contracts'
import type { Statement, Store, Tx } from '../types.ts'

export type Publish = (
  event: EventEnvelope,
  type: { readonly noun: string; readonly verb: string },
  /** Of this sending: the same when it is tried again, another one when the event is sent again on purpose. */
  messageId: string,
) => Promise<void>

export type BatchOptions = {
  readonly store: Store
  readonly source: string
  readonly publish: Publish
  readonly publishTimeoutMs: number
  readonly partitions: readonly number[]
  /** Most rows of one partition. */
  readonly limit: number
  /** Aggregates that are left alone. */
  readonly except: readonly string[]
  /** True: what was taken a moment ago is left to the next relay. */
  readonly isStopping: () => boolean
}

export type BatchOutcome = {
  readonly sent: readonly OutboxRow[]
  readonly failed: readonly { readonly row: OutboxRow; readonly error: unknown }[]
  /** A partition had as many rows as were asked for, or not all that were taken were tried. */
  readonly more: boolean
  /** Another relay works on one of the partitions. */
  readonly contended: boolean
}

export type OutboxRow = {
  readonly id: number
  readonly event_id: string
  readonly noun: string
  readonly verb: string
  readonly aggregate: string
  readonly sequence: number
  readonly actor: string
  readonly traceparent: string | null
  /** JSON as it was written. */
  readonly data: string
  readonly created_at: string
  readonly resent: number
}
type TakenRow = (OutboxRow | { readonly id: null }) & { readonly lane: number }

/** Milliseconds after which a batch starts no more publishing, so that its transaction stays short. */
const publishingBudgetMs = 5_000

/**
 * A mark that is lost in a crash of Postgres only sends an event again, with the same id: no need to wait for the disk.
 * A relay that hangs must not keep its partitions for ever: Postgres ends its transaction.
 */
const settings: Statement = {
  name: 'platform.relay-settings',
  text: `select set_config('synchronous_commit', 'off', true), set_config('idle_in_transaction_session_timeout', $1, true)`,
}

/**
 * The lock of a partition is what keeps the order of an aggregate's events over all relays. It is taken in the same
 * statement as the rows, whose snapshot may be older than the lock: `for update` looks at each row again as it is
 * now, so none that the relay before has just marked is taken. A partition with nothing to send gives one empty row.
 */
const take: Statement = {
  name: 'platform.relay-take',
  text: `
    select mine.partition as lane, unsent.id, unsent.event_id, unsent.noun, unsent.verb, unsent.aggregate,
      unsent.sequence, unsent.actor, unsent.traceparent, unsent.data::text, unsent.created_at, unsent.resent
    from (
      select partition from unnest($1::int[]) as wanted(partition)
      where pg_try_advisory_xact_lock(hashtext('slipway.relay'), partition)
    ) mine
    left join lateral (
      select * from platform.outbox
      where partition = mine.partition and sent_at is null and aggregate <> all($2::text[])
        and id <= coalesce((select resent_to from platform.event_stream), 9223372036854775807)
      order by id limit $3
      for update skip locked
    ) unsent on true
    order by unsent.id`,
}

const mark: Statement = {
  name: 'platform.relay-mark',
  text: 'update platform.outbox set sent_at = clock_timestamp() where id = any($1::bigint[])',
}

/** Takes unsent events, publishes them and marks those that were published, in one transaction. */
export function relayBatch(options: BatchOptions): Promise<BatchOutcome> {
  const { store, publishTimeoutMs, partitions, limit, except, isStopping } = options
  const work = async (tx: Tx): Promise<BatchOutcome> => {
    const [, taken] = await Promise.all([
      tx.query(settings, [String(publishingBudgetMs + 2 * publishTimeoutMs)]),
      tx.query<TakenRow>(take, [partitions, except, limit]),
    ])
    const rows = taken.filter((row): row is OutboxRow & TakenRow => row.id !== null)
    const lanes = Map.groupBy(taken, row => row.lane)
    const outcome = await publishInOrder(isStopping() ? [] : rows, options)
    await markSent(tx, outcome.sent)
    const full = [...lanes.values()].some(lane => lane.length >= limit)
    const untried = outcome.sent.length + outcome.failed.length < rows.length
    return { ...outcome, more: full || untried, contended: lanes.size < partitions.length }
  }
  return store.transaction(work, { attempts: 1 })
}

/**
 * At most one event of an aggregate is on its way; the aggregates of a batch go side by side. After a failure the later
 * events of that aggregate stay for another batch.
 */
async function publishInOrder(
  rows: readonly OutboxRow[],
  { source, publish, publishTimeoutMs }: BatchOptions,
): Promise<Pick<BatchOutcome, 'sent' | 'failed'>> {
  const stopAt = performance.now() + publishingBudgetMs
  const sent: OutboxRow[] = []
  const failed: { row: OutboxRow; error: unknown }[] = []
  const chains = Map.groupBy(rows, row => row.aggregate).values()
  await Promise.all(
    chains.map(async chain => {
      for (const row of chain) {
        if (performance.now() > stopAt) return
        try {
          const type = { noun: row.noun, verb: row.verb }
          await withTimeout(publish(eventOf(row, source), type, messageIdOf(row)), publishTimeoutMs)
          sent.push(row)
        } catch (error) {
          failed.push({ row, error })
          return
        }
      }
    }),
  )
  return { sent, failed }
}

async function markSent(tx: Tx, rows: readonly OutboxRow[]): Promise<void> {
  if (rows.length > 0) await tx.query(mark, [rows.map(row => row.id)])
}

function messageIdOf({ event_id, resent }: OutboxRow): string {
  return resent === 0 ? event_id : `${event_id}.${resent}`
}

/** A row of the outbox as it is on the bus. */
export function eventOf(row: OutboxRow, source: string): EventEnvelope {
  return {
    specversion: '1.0',
    id: row.event_id,
    source,
    type: `slipway.v1.${row.noun}.${row.verb}`,
    subject: row.aggregate,
    time: row.created_at,
    datacontenttype: 'application/json',
    sequence: row.sequence,
    actor: row.actor,
    ...(row.traceparent !== null && { traceparent: row.traceparent }),
    data: parseExact(row.data),
  }
}

async function withTimeout(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`publishing took more than ${ms} ms`)), ms)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
