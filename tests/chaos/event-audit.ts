import { type ServiceName, serviceNames } from '@slipway/contracts'
import type { Platform } from '@slipway/local'
import { openStore, type Statement, type Store } from '@slipway/store'
import { captureLog } from '@slipway/testing'

type OutboxEvent = { event_id: string; noun: string; verb: string; aggregate: string; sequence: number }

const written: Statement = {
  name: 'audit-written',
  text: `select event_id, noun, verb, aggregate, sequence from platform.outbox order by id`,
}
const unsent: Statement = {
  name: 'audit-unsent',
  text: `select count(*)::integer as count from platform.outbox where sent_at is null`,
}
const received: Statement = {
  name: 'audit-received',
  text: `select event_id from stream_event`,
}

export type EventAudit = {
  readonly written: readonly OutboxEvent[]
  readonly unsent: number
  /** Ids of the events that arrived at the gateway's stream. */
  readonly received: readonly string[]
  /** Aggregates whose numbers have a gap or a double. */
  readonly broken: readonly string[]
}

/** What all services wrote into their outboxes, beside what arrived at the other end of the bus. */
export async function auditEvents(platform: Platform): Promise<EventAudit> {
  const all: OutboxEvent[] = []
  let waiting = 0
  for (const service of serviceNames) {
    await withStore(platform, service, async store => {
      all.push(...(await store.read<OutboxEvent>(written)))
      const [row] = await store.read<{ count: number }>(unsent)
      waiting += row?.count ?? 0
    })
  }
  const arrived: string[] = []
  await withStore(platform, 'gateway', async store => {
    arrived.push(...(await store.read<{ event_id: string }>(received)).map(row => row.event_id))
  })
  return { written: all, unsent: waiting, received: arrived, broken: brokenAggregates(all) }
}

/** Runs work on the database of a service. */
export async function withStore<Result>(
  platform: Platform,
  service: ServiceName,
  work: (store: Store) => Promise<Result>,
): Promise<Result> {
  const { log } = captureLog()
  await using store = await openStore({ url: platform.databaseUrl(service), log, name: 'audit' })
  return await work(store)
}

function brokenAggregates(events: readonly OutboxEvent[]): string[] {
  const sequences = new Map<string, number[]>()
  for (const { aggregate, sequence } of events) {
    sequences.set(aggregate, [...(sequences.get(aggregate) ?? []), sequence])
  }
  return [...sequences].filter(([, numbers]) => numbers.some((number, index) => number !== index + 1)).map(([id]) => id)
}
