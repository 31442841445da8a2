import { keepLease, type Store } from '@slipway/store'
import type { Logger } from 'pino'
import type { Database } from '../database.ts'
import { endJob, keepJob } from './job.store.ts'
import { failed, type RunningJob } from './job.ts'
import { insertJob, type NewJob } from './new-job.store.ts'

export type RunNowOptions<Result> = {
  readonly store: Store<Database>
  readonly log: Logger
  readonly leaseSeconds: number
  readonly job: Omit<NewJob, 'leaseSeconds'>
  /** Does the work; an error fails the job and is thrown on. */
  readonly work: (job: Pick<RunningJob, 'id' | 'lease'>) => Promise<Result>
  /** What the registry says came of it; an error there is a failure of the job, though none of the caller's. */
  readonly outcome: (result: Result) => Readonly<Record<string, unknown>> | Error
}

/**
 * Runs a job whose caller waits for it, visible in the registry as every other. If this process dies, it has failed.
 * Returns its id beside the result.
 */
export async function runNow<Result>(options: RunNowOptions<Result>): Promise<{ id: string; result: Result }> {
  const { store, log, leaseSeconds, job, work, outcome } = options
  const { id, lease } = await insertJob(store, { ...job, leaseSeconds }, async () => {})
  const running = { id, lease: lease as string }
  const kept = keepLease({
    leaseMs: leaseSeconds * 1000,
    renew: () => keepJob(store, running, leaseSeconds),
    onError: error => log.warn({ err: error, job: id }, 'could not renew the lease of a job'),
  })
  try {
    const result = await work(running)
    const came = outcome(result)
    await endJob(store, running, came instanceof Error ? failed(job.kind, came) : { status: 'DONE', result: came })
    return { id, result }
  } catch (error) {
    await endJob(store, running, failed(job.kind, error)).catch(() => {
      // Its lease runs out, and then it counts as failed.
      log.warn({ job: id }, 'the end of a job could not be recorded')
    })
    throw error
  } finally {
    kept.end()
  }
}
