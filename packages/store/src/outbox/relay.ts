import type { Logger } from 'pino'
import { jitteredBackoff } from '../backoff.ts'
import { inBackground } from '../connection/in-background.ts'
import type { Statement, Store } from '../types.ts'
import { createWakeUp } from '../wake-up.ts'
import { type BatchOutcome, type Publish, relayBatch } from './relay-batch.ts'

export type RelayOptions = {
  readonly store: Store
  /** CloudEvents source, `/slipway/<service>`. */
  readonly source: string
  /** Resolves when the event is safe at the broker. An event may be published again, with the same id. */
  readonly publish: Publish
  /** False while nothing may be published, asked before each batch; `store.outboxChanged` tells of the change. */
  readonly mayPublish?: () => boolean
  readonly log: Logger
  /** Events taken at a time by each of the two lanes. Default 200. */
  readonly batch?: number
  /** Milliseconds between looks for events that nobody announced in this process. Default 500. */
  readonly pollMs?: number
  /** Milliseconds after which a publish that did not answer counts as failed. Default 20,000. */
  readonly publishTimeoutMs?: number
}

export type Relay = {
  /** Takes no new events; resolves when those under way are published and marked. */
  stop(): Promise<void>
  /** Events not sent yet, and the age of the oldest. */
  backlog(): Promise<{ unsent: number; oldestSeconds: number }>
}

/** As many as `platform.outbox.partition` has values. */
const partitions = 8
/** One lane asks Postgres while the other one publishes; more gain nothing in one process. */
const lanes = 2
/**
 * Under load a lane looks at most once in this many milliseconds and finds more at once. The relay would otherwise run
 * a transaction for nearly every event, and take from Postgres what the writers need.
 */
const gatherMs = 25
/** Aggregates whose failures are remembered by a lane. */
const mostHeld = 1_000

const backlogStatement: Statement = {
  name: 'platform.backlog',
  text: `
    select count(*) as unsent,
      coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 as "oldestSeconds"
    from platform.outbox where sent_at is null`,
}
const anythingStatement: Statement = {
  name: 'platform.relay-look',
  text: 'select exists (select from platform.outbox where partition = any($1::smallint[]) and sent_at is null) as found',
}

/**
 * Sends the events of the outbox to the broker: at least once, with a stable id, those of one aggregate in order.
 *
 * Any number of replicas may run one. Aggregates are spread over 8 partitions; whoever works on a partition holds its
 * advisory lock until the sent events are marked, in one transaction, so a relay that dies gives its partitions and
 * its unmarked events back at once. An aggregate whose event cannot be published is left alone for a while and the
 * others go on; when nothing can be published, the broker is taken to be away and the lane waits, too.
 */
export function startRelay(options: RelayOptions): Relay {
  const running = Array.from({ length: lanes }, (_, lane) => startLane(options, lane))
  const unsubscribe = options.store.outboxChanged.subscribe(() => {
    for (const lane of running) lane.kick()
  })
  return {
    async stop() {
      unsubscribe()
      await Promise.all(running.map(lane => lane.stop()))
    },
    async backlog() {
      const [row] = await options.store.read<{ unsent: number; oldestSeconds: number }>(backlogStatement)
      return row ?? { unsent: 0, oldestSeconds: 0 }
    },
  }
}

type Held = { readonly failures: number; readonly until: number }

function startLane(options: RelayOptions, lane: number) {
  const {
    store,
    source,
    publish,
    mayPublish = () => true,
    log,
    batch = 200,
    pollMs = 500,
    publishTimeoutMs = 20_000,
  } = options
  const own = Array.from({ length: partitions }, (_, partition) => partition).filter(p => p % lanes === lane)
  const limit = Math.max(1, Math.ceil(batch / own.length))
  const holdBackoff = jitteredBackoff({ baseMs: 250, maxMs: 5_000 })
  const pauseBackoff = jitteredBackoff({ baseMs: 100, maxMs: 5_000 })
  const contendedBackoff = jitteredBackoff({ baseMs: 20, maxMs: pollMs })
  const held = new Map<string, Held>()
  const wakeUp = createWakeUp()
  let stopping = false
  let setbacks = 0
  let contentions = 0

  function remember(outcome: BatchOutcome): void {
    if (outcome.sent.length > 0) {
      // The broker is back: what failed while it was away need not wait.
      if (setbacks > 0) held.clear()
      setbacks = 0
      for (const row of outcome.sent) held.delete(row.aggregate)
    } else if (outcome.failed.length > 0) {
      setbacks++
    }
    for (const { row } of outcome.failed) {
      const failures = (held.get(row.aggregate)?.failures ?? 0) + 1
      held.delete(row.aggregate)
      held.set(row.aggregate, { failures, until: performance.now() + holdBackoff(failures) })
      const [oldest] = held.keys()
      if (held.size > mostHeld && oldest !== undefined) held.delete(oldest)
    }
    const [first] = outcome.failed
    if (first) {
      const { event_id: event, noun, verb, aggregate } = first.row
      const fields = { err: first.error, failed: outcome.failed.length, event, noun, verb, aggregate }
      log.warn(fields, 'events could not be published; they are tried again')
    }
  }

  /** One batch. Returns the milliseconds to wait before the next one, unless woken. */
  async function work(announced: boolean): Promise<{ waitMs: number; evenIfWoken: boolean }> {
    if (!mayPublish()) return { waitMs: pollMs, evenIfWoken: false }
    if (!announced) {
      const [row] = await store.read<{ found: boolean }>(anythingStatement, [own])
      if (!row?.found) return { waitMs: pollMs, evenIfWoken: false }
    }
    const now = performance.now()
    const except = [...held].filter(([, { until }]) => until > now).map(([aggregate]) => aggregate)
    const limits = { publishTimeoutMs, partitions: own, limit, except, isStopping: () => stopping }
    const outcome = await relayBatch({ store, source, publish, ...limits })
    remember(outcome)
    if (setbacks > 0 && outcome.failed.length > 0) return { waitMs: pauseBackoff(setbacks), evenIfWoken: true }
    if (outcome.more) return { waitMs: 0, evenIfWoken: false }
    contentions = outcome.contended ? contentions + 1 : 0
    if (outcome.contended) return { waitMs: contendedBackoff(contentions), evenIfWoken: false }
    const nextHeld = Math.min(...held.values().map(({ until }) => until), now + pollMs)
    return { waitMs: Math.max(1, nextHeld - performance.now()), evenIfWoken: false }
  }

  async function run(): Promise<void> {
    let announced = true
    while (!stopping) {
      const startedAt = performance.now()
      let next: { waitMs: number; evenIfWoken: boolean }
      try {
        next = await work(announced)
      } catch (error) {
        log.warn({ err: error }, 'the relay failed; it tries again')
        setbacks++
        next = { waitMs: pauseBackoff(setbacks), evenIfWoken: true }
      }
      if (next.waitMs === 0) {
        announced = true
      } else if (next.evenIfWoken) {
        const resumeAt = performance.now() + next.waitMs
        while (!stopping && performance.now() < resumeAt) await wakeUp.sleep(resumeAt - performance.now())
        announced = true
      } else {
        announced = (await wakeUp.sleep(next.waitMs)) || contentions > 0
        const sinceStart = performance.now() - startedAt
        if (announced && !stopping && sinceStart < gatherMs) {
          await new Promise(resolve => setTimeout(resolve, gatherMs - sinceStart))
        }
      }
    }
  }

  const ended = inBackground(run)
  return {
    kick: wakeUp.wake,
    async stop(): Promise<void> {
      stopping = true
      wakeUp.wake()
      await ended
    },
  }
}
