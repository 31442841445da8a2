import type { Logger } from 'pino'
import { type Backoff, jitteredBackoff } from '../backoff.ts'
import { errorText, storable } from '../error-text.ts'
import { startWorker, type Worker } from '../leases/worker.ts'
import type { Statement, Store } from '../types.ts'

export type DueTimer<Payload = unknown> = {
  readonly name: string
  readonly key: string
  readonly payload: Payload
  /** 1 for the first run since it was set or last succeeded. A run cut short by a crash counts. */
  readonly attempt: number
  readonly dueAt: string
  /** Of the attempt before. */
  readonly lastError: string | null
}

/** At a moment, or so many milliseconds from now by the clock of the database; neither: never again. */
export type NextRun = { readonly again?: Date | undefined; readonly againInMs?: number | undefined }

export type TimersOptions<Payload = unknown> = {
  readonly store: Store
  /** Timers of this name are handled. */
  readonly name: string
  /**
   * Runs outside any transaction, at least once: after a crash it runs again. Resolves to the time of the next run, or
   * to nothing when the timer is done with. An error means: again after `backoffMs`, without end; a handler that gives
   * up after some attempts looks at `attempt`.
   */
  handle(timer: DueTimer<Payload>): Promise<NextRun | undefined> | Promise<void>
  /** Default 10. */
  readonly concurrency?: number
  /** Milliseconds that a run may take; afterwards another replica takes the timer over. Default 60,000. */
  readonly leaseMs?: number
  /** Milliseconds between looks for timers that other replicas set. Default 1,000. */
  readonly pollMs?: number
  /** Default: from half a second, doubling, to one minute, half of it random. */
  readonly backoffMs?: Backoff
  /** Runs before the first look for timers, again until it succeeds. */
  prepare?(): Promise<void>
  readonly log: Logger
}

type LeasedTimer<Payload> = DueTimer<Payload> & { readonly leasedUntil: string; readonly revision: number }

const take: Statement = {
  name: 'platform.timer-take',
  text: `
    update platform.timer t set
      leased_until = clock_timestamp() + $3 * interval '1 millisecond', attempt = t.attempt + 1
    from (
      select name, key from platform.timer
      where name = $1 and greatest(due_at, leased_until) <= clock_timestamp()
      order by greatest(due_at, leased_until) limit $2
      for update skip locked
    ) due
    where t.name = due.name and t.key = due.key
    returning t.name, t.key, t.payload, t.attempt, t.due_at as "dueAt", t.last_error as "lastError",
      t.leased_until as "leasedUntil", t.revision`,
}
const next: Statement = {
  name: 'platform.timer-next',
  text: `
    select (extract(epoch from min(greatest(due_at, leased_until)) - clock_timestamp()) * 1000)::float8 as ms
    from platform.timer where name = $1`,
}

/**
 * A run is settled only by who holds its lease: not after another replica took it over. `revision` tells a timer that
 * was set anew meanwhile; that one is only released.
 */
const settled = 'name = $1 and key = $2 and leased_until = $3'
const remove: Statement = {
  name: 'platform.timer-remove',
  text: `delete from platform.timer where ${settled} and revision = $4 returning 1`,
}
const reschedule: Statement = {
  name: 'platform.timer-reschedule',
  text: `
    update platform.timer set
      due_at = coalesce($5, clock_timestamp() + $6 * interval '1 millisecond'), attempt = 0, last_error = null, leased_until = null
    where ${settled} and revision = $4 returning 1`,
}
const postpone: Statement = {
  name: 'platform.timer-postpone',
  text: `
    update platform.timer set
      due_at = clock_timestamp() + $5 * interval '1 millisecond', last_error = $6, leased_until = null
    where ${settled} and revision = $4 returning 1`,
}
const release: Statement = {
  name: 'platform.timer-release',
  text: `update platform.timer set leased_until = null where ${settled}`,
}

/**
 * Handles the timers of one name as they become due, on any number of replicas: each run by one of them. The clock is
 * the database's. `kick()` makes a timer that was set in this process run at once.
 */
export function startTimers<Payload = unknown>(options: TimersOptions<Payload>): Worker {
  const { store, name, log, concurrency = 10, leaseMs = 60_000, pollMs = 1_000 } = options
  const backoffMs = options.backoffMs ?? jitteredBackoff()
  let isPrepared = false

  async function run(timer: LeasedTimer<Payload>): Promise<void> {
    const lease = [timer.name, timer.key, timer.leasedUntil]
    const done = await outcome(timer)
    const settle = async (statement: Statement, ...values: unknown[]): Promise<void> => {
      const rows = await store.write(statement, [...lease, timer.revision, ...values])
      if (rows.length === 0) await store.write(release, lease)
    }
    if ('error' in done) {
      await settle(postpone, backoffMs(timer.attempt), storable(errorText(done.error)))
    } else if (done.again || done.againInMs !== undefined) {
      await settle(reschedule, done.again ?? null, done.againInMs ?? null)
    } else await settle(remove)
    // The worker sleeps until the next due time it knows of; this may have made an earlier one.
    worker.kick()
  }

  async function outcome(timer: LeasedTimer<Payload>): Promise<NextRun | { readonly error: unknown }> {
    try {
      return (await options.handle(timer)) ?? {}
    } catch (error) {
      log.warn({ err: error, timer: name, key: timer.key, attempt: timer.attempt }, 'a timer failed; it runs again')
      return { error }
    }
  }

  const worker = startWorker<LeasedTimer<Payload>>({
    name,
    async take(limit) {
      if (!isPrepared) await options.prepare?.()
      isPrepared = true
      return store.write(take, [name, limit, leaseMs])
    },
    async next() {
      const [row] = await store.read<{ ms: number | null }>(next, [name])
      return row?.ms ?? null
    },
    handle: run,
    concurrency,
    pollMs,
    log,
  })
  return worker
}
