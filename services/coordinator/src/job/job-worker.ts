import { isFailure } from '@slipway/contracts'
import { type Run, type Store, startWorker, type Worker } from '@slipway/store'
import type { Logger } from 'pino'
import type { Database } from '../database.ts'
import { takeJobs } from './due-jobs.store.ts'
import { endJob, giveBack, keepJob } from './job.store.ts'
import {
  attempts,
  backOffMs,
  failed,
  type JobEnd,
  type JobKindName,
  mostDeaths,
  ownJobKinds,
  type RunningJob,
} from './job.ts'

/** A job as it is run. */
export type JobRun = Run & { readonly job: RunningJob }

/** Runs a job. Undefined: it was left in the middle, and is to be gone on with. Throwing: it is tried again. */
export type RunJob = (run: JobRun) => Promise<JobEnd | undefined>

export type JobWorkerOptions = {
  readonly store: Store<Database>
  readonly runners: Readonly<Partial<Record<JobKindName, RunJob>>>
  /** Silence after which another replica takes a job over. */
  readonly leaseSeconds: number
  readonly log: Logger
}

/** Jobs of one process at the same time. */
const concurrency = 8
const pollMs = 500

/** Runs the coordinator's own jobs: any replica takes what is due, and goes on with what a dead one has left. */
export function startJobWorker({ store, runners, leaseSeconds, log }: JobWorkerOptions): Worker {
  async function run(job: RunningJob, { lost, leaving }: Run): Promise<void> {
    const impossible = refusalOf(job)
    if (impossible) {
      await endJob(store, job, failed(job.kind, impossible))
      return
    }
    try {
      const ending = await runners[job.kind]?.({ job, lost, leaving })
      if (ending) await endJob(store, job, ending)
      else await giveBack(store, job, 0, false)
    } catch (error) {
      if (!lost.aborted) await settle(job, error)
    }
  }

  async function settle(job: RunningJob, error: unknown): Promise<void> {
    log.warn({ err: error, job: job.id, kind: job.kind, attempt: job.attempt }, 'a job failed')
    // What is refused for a reason would be refused again.
    const hopeless = isFailure(error) && error.status < 500
    if (hopeless || job.attempt >= attempts) await endJob(store, job, failed(job.kind, error))
    else await giveBack(store, job, backOffMs[job.attempt - 1] ?? backOffMs[1], true)
  }

  const worker = startWorker<RunningJob>({
    name: 'jobs',
    take: limit => takeJobs(store, limit, leaseSeconds),
    lease: { ms: leaseSeconds * 1000, renew: job => keepJob(store, job, leaseSeconds) },
    async handle(job, underWay) {
      await run(job, underWay)
      // The next publish run waits for the end of this one.
      worker.kick()
    },
    concurrency,
    pollMs,
    // A stopping process finishes what it is at, e.g. one study, and gives the rest back.
    stopPatienceMs: 0,
    log,
  })
  return worker
}

/** Why a job that was taken is not run any more. */
function refusalOf(job: RunningJob): Error | undefined {
  if (!ownJobKinds[job.kind].resumable) return new Error('The process that ran it has ended.')
  if (job.remaining_ms <= 0) return new Error('It took longer than six hours.')
  if (job.deaths > mostDeaths) return new Error('Every process that ran it has died.')
  return undefined
}
