import type { BlobStore } from '@slipway/blobs'
import type { Bus } from '@slipway/bus'
import { actorOf, isFailure, unorderedQueue } from '@slipway/contracts'
import { type Run, type Store, startWorker, type Worker } from '@slipway/store'
import type { Logger } from 'pino'
import type { FindLogin } from '../owner-login.ts'
import { ahead, batchesOf, restOf } from './batches.ts'
import { blobNameOf } from './bulk-import.store.ts'
import { tellImport } from './bulk-import-events.ts'
import { carryOut, lostImport } from './carry-out.ts'
import {
  finishImport,
  type ImportJob,
  keepImport,
  nextImportMs,
  pauseImport,
  releaseImport,
  takeImports,
} from './import-job.store.ts'
import { lineReader } from './line-reader.ts'

export type ImportWorkerOptions = {
  readonly store: Store
  readonly blobs: BlobStore
  readonly log: Logger
  /** Imports at the same time in this process. */
  readonly concurrency: number
  /** Silence after which another replica goes on with an import. */
  readonly leaseSeconds: number
  /** An export may be due: a version was among the lines. */
  readonly kickExports: () => void
  readonly withRoom: Bus['withRoom']
  readonly findLogin: FindLogin
}

/** How often replicas look for imports whose worker died. */
const pollMs = 5_000
/** Milliseconds that an import is worked on before others have their turn; it then tells how far it is. */
const turnMs = 2_000
/** Failures without a line done after which an import is given up, and milliseconds between them. */
const attempts = 4
/** Processes that may die so, one after the other. More are no accident: the line is what kills them. */
const mostDeaths = 10
const retryMs = 3_000
const system = 'system'

/** Carries imports out: any replica takes what is due, a turn at a time, and says that it lives. */
export function startImportWorker(options: ImportWorkerOptions): Worker {
  const { store, blobs, log, concurrency, leaseSeconds, findLogin } = options

  async function take(limit: number): Promise<ImportJob[]> {
    return store.transaction(async tx => {
      const jobs = await takeImports(tx, limit, leaseSeconds, unorderedQueue)
      for (const job of jobs) if (job.began) await tellImport(tx, 'started', job, actorOf(job.identity))
      return jobs
    })
  }

  async function handle(job: ImportJob, { lost, leaving }: Run): Promise<void> {
    try {
      if (job.attempt >= attempts || job.deaths > mostDeaths)
        return await settle(job, 'FAILURE', `given up at line ${job.processed + 1}`)
      await work(job, AbortSignal.any([lost, leaving]))
    } catch (error) {
      if (error === lostImport) return
      log.error({ err: error, import: job.id, attempt: job.attempt }, 'an import was interrupted')
      // An outage is no fault of the import, however long it lasts.
      await pause(job, isFailure(error, 'unavailable', 'busy') ? 0 : 1)
    }
  }

  /** Goes on for a turn, from where the import is; then it is done, or let go. */
  async function work(taken: ImportJob, signal: AbortSignal): Promise<void> {
    const blob = await blobs.find(blobNameOf(taken.id))
    if (!blob) return settle(taken, 'FAILURE', 'its lines are gone')
    const until = performance.now() + turnMs
    const file = blobs.read(blob, { start: taken.nextByte, end: blob.size - 1 })
    let job = taken
    for await (const batch of ahead(batchesOf(file, lineReader(job.identity, job.target, findLogin)))) {
      for (let rest: typeof batch | undefined = batch; rest; ) {
        if (signal.aborted || performance.now() > until) return letGo(job)
        const before = job.processed
        job = await carryOut(job, rest, options)
        rest = restOf(rest, job.processed - before)
      }
    }
    if (job.processed < job.total) return settle(job, 'FAILURE', `line ${job.processed + 1} is gone`)
    await settle(job, 'SUCCESS', null)
  }

  /** The turn is over. */
  async function letGo(job: ImportJob): Promise<void> {
    await store.transaction(async tx => {
      const seq = await releaseImport(tx, job)
      if (seq === undefined) return
      await tellImport(tx, 'progressed', { ...job, seq }, system)
      tx.afterCommit(worker.kick)
    })
  }

  /** How far it got by then was told with every batch. */
  const pause = (job: ImportJob, failedTries: number) => pauseImport(store, job, retryMs, failedTries)

  async function settle(job: ImportJob, state: 'SUCCESS' | 'FAILURE', error: string | null): Promise<void> {
    await store.transaction(async tx => {
      const row = await finishImport(tx, job, state, error)
      if (!row) return
      await tellImport(tx, state === 'SUCCESS' ? 'succeeded' : 'failed', row, system)
      // The next one of its queue may be due.
      tx.afterCommit(worker.kick)
      const { id, total, counts } = row
      log.info({ event: `import ${state}`, import: id, total, counts, error }, 'an import ended')
    })
  }

  const worker = startWorker<ImportJob>({
    name: 'bulk-imports',
    take,
    lease: { ms: leaseSeconds * 1000, renew: job => keepImport(store, job, leaseSeconds) },
    handle,
    next: () => nextImportMs(store, unorderedQueue),
    concurrency,
    pollMs,
    // What is under way is let go after its batch, for other replicas to go on with.
    stopPatienceMs: 0,
    log,
  })
  return worker
}
