import type { Logger } from 'pino'
import { jitteredBackoff } from '../backoff.ts'
import type { Worker } from '../leases/worker.ts'
import type { Statement, Store } from '../types.ts'
import { startTimers } from './start-timers.ts'

export type EveryOptions = {
  readonly store: Store
  /** Of the job, one for all replicas. */
  readonly name: string
  /** Milliseconds from the end of a run to the start of the next. */
  readonly everyMs: number
  run(): Promise<void>
  readonly log: Logger
  /** Milliseconds that a run may take before another replica starts it, too. Default 600,000. */
  readonly leaseMs?: number
}

/** Sets the job up, due now; one that is known stays, but a shortened interval counts at once. */
const ensure: Statement = {
  name: 'platform.every-ensure',
  text: `
    insert into platform.timer (name, key, due_at) values ($1, '', clock_timestamp())
    on conflict (name, key) do update set due_at = least(timer.due_at, clock_timestamp() + $2 * interval '1 millisecond')`,
}

/**
 * A periodic job that runs once an interval over all replicas, whichever of them are up; first at once, in the life of
 * the database. When a run fails, it comes again with a back-off of at most the interval. Whatever the database is at
 * when this is called, it begins by itself as soon as it can.
 */
export function every({ store, name, everyMs, run, log, leaseMs = 600_000 }: EveryOptions): Worker {
  const timer = `every:${name}`
  return startTimers({
    store,
    name: timer,
    prepare: async () => void (await store.write(ensure, [timer, everyMs])),
    async handle() {
      await run()
      return { againInMs: everyMs }
    },
    concurrency: 1,
    leaseMs,
    pollMs: Math.min(everyMs, 5_000),
    backoffMs: jitteredBackoff({ baseMs: Math.min(everyMs, 1_000), maxMs: everyMs }),
    log,
  })
}
