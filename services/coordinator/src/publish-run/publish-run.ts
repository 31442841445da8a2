import { isFailure } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { failed, type JobEnd, killed } from '../job/job.ts'
import type { JobRun, RunJob } from '../job/job-worker.ts'
import {
  failStudy,
  layDownScope,
  pendingStudies,
  publishStudy,
  type RunSummary,
  summarise,
} from './publish-run.store.ts'

/** Studies that are looked up together. */
const batch = 200
const stage = 'publish'

/**
 * Publishes pending versions, study by study in the order of their accessions, each in a transaction of its own. A run
 * that is gone on with finds what is left to do: studies that were published have no draft and are noted.
 */
export function publishRun(store: Store<Database>): RunJob {
  return async run => {
    const { job } = run
    await layDownScope(store, job, job.subject)
    const deadline = performance.now() + job.remaining_ms
    const by = { message: String(job.input.message), author: job.created_by }
    for (;;) {
      const accessions = await pendingStudies(store, job, batch)
      if (accessions.length === 0) return endOf(await summarise(store, job))
      for (const accession of accessions) {
        if (run.leaving.aborted) return undefined
        if (run.lost.aborted) throw run.lost.reason
        if (performance.now() > deadline) return failed(stage, new Error('The run took longer than six hours.'))
        if (await publishOne(run, accession, by)) continue
        return killed(stage)
      }
    }
  }

  /** False: the run was stopped, or is another replica's, in which case its end is not recorded either. */
  async function publishOne({ job }: JobRun, accession: string, by: { message: string; author: string }) {
    try {
      return await publishStudy(store, job, accession, by)
    } catch (error) {
      // When the database is away, that is no fault of this study: the whole run is tried again.
      if (isFailure(error, 'unavailable', 'busy', 'timeout')) throw error
      await failStudy(store, job, accession, error instanceof Error ? error.message : String(error))
      return true
    }
  }
}

function endOf({ failures, ...came }: RunSummary): JobEnd {
  if (came.failed === 0) return { status: 'DONE', result: came }
  return {
    status: 'FAILED',
    errors: failures.map(({ accession, error }) => ({
      stage,
      stack: [{ type: 'PublicationFailed', message: `${accession}: ${error}` }],
    })),
  }
}
