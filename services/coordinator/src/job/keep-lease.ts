import type { Store } from '@slipway/store'
import type { Logger } from 'pino'
import type { Database } from '../database.ts'
import { keepJob } from './job.store.ts'
import type { RunningJob } from './job.ts'

export type KeptLease = {
  /** Aborted when the job is another's by now. */
  readonly lost: AbortSignal
  release(): void
}

/** Says every third of a lease that the job is being run. */
export function keepLease(
  store: Store<Database>,
  job: Pick<RunningJob, 'id' | 'lease'>,
  leaseSeconds: number,
  log: Logger,
): KeptLease {
  const lost = new AbortController()
  async function renew(): Promise<void> {
    if (!(await keepJob(store, job, leaseSeconds))) lost.abort(new Error('another replica runs the job'))
  }
  const timer = setInterval(
    () => {
      renew().catch(error => log.warn({ err: error, job: job.id }, 'could not renew the lease of a job'))
    },
    (leaseSeconds * 1000) / 3,
  )
  return { lost: lost.signal, release: () => clearInterval(timer) }
}
