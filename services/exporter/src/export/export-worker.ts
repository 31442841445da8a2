import type { BlobStore } from '@slipway/blobs'
import { isFailure, type SlipwayError } from '@slipway/contracts'
import { type Run, type Store, startWorker, type Worker } from '@slipway/store'
import type { Logger } from 'pino'
import { type SourceRow, sourceAt } from '../source/source.store.ts'
import { type VersionRow, versionAt } from '../source-version/version.store.ts'
import {
  beginExport,
  type ExportJob,
  failExport,
  finishExport,
  keepExport,
  nextExportMs,
  postponeExport,
  releaseExport,
  takeExports,
} from './export.store.ts'
import { attempts, mostDeaths } from './export.ts'
import { tellExport } from './export-events.ts'
import { exportArchive } from './export-file.ts'
import { blobNameOf, fileNameOf } from './file-name.ts'

export type ExportWorkerOptions = {
  readonly store: Store
  readonly blobs: BlobStore
  readonly log: Logger
  /** Exports at the same time in this process. */
  readonly concurrency: number
  /** Silence after which another replica takes a job over. */
  readonly leaseSeconds: number
}

/** How often replicas look for jobs whose worker died. */
const pollMs = 5_000
/** A job under way gets so long to finish when the service stops; then another replica begins anew. */
const stopPatienceMs = 4_000
/** Between two tries while an outage lasts. */
const outageMs = 5_000
const system = { actor: 'system' }

/** Makes exports: any replica takes what is due and says every third of the lease that it lives. */
export function startExportWorker({ store, blobs, log, concurrency, leaseSeconds }: ExportWorkerOptions): Worker {
  async function carryOut(job: ExportJob, { lost, leaving }: Run): Promise<void> {
    const version = await versionAt(store.read, job.version)
    const source = version && (await sourceAt(store.read, version.source))
    if (!version || !source) return
    if (job.deaths > mostDeaths) {
      await settleFailure({ ...job, attempt: attempts }, version, source, new Error('every process that made it died'))
      return
    }
    if (job.attempt === 1 && job.deaths === 0) await tellBegun(job, version, source)
    const signal = AbortSignal.any([lost, leaving])
    try {
      await make(job, version, source, signal)
    } catch (error) {
      if (leaving.aborted) await releaseExport(store, job)
      else if (isFailure(error, 'unavailable', 'busy')) await waitOut(job, error)
      else if (!signal.aborted) await settleFailure(job, version, source, error)
    }
  }

  async function make(job: ExportJob, version: VersionRow, source: SourceRow, signal: AbortSignal): Promise<void> {
    const fileName = fileNameOf(source.id, version.id, version.last_updated)
    const name = blobNameOf(source.owner_type, source.owner, source.id, fileName)
    const blob = await blobs.write(exportArchive(store, version, source), { signal })
    const done = await store.transaction(async tx => {
      const sequence = await finishExport(tx, job, name, fileName)
      if (sequence === undefined) return false
      await blobs.publish(tx, name, blob)
      const { size, sha256 } = blob
      await tellExport(tx, 'ready', { version, source }, sequence, system, { size, sha256 })
      return true
    })
    if (!done) await blobs.discard(blob)
    log.info(
      { event: done ? 'export ready' : 'export superseded', version: version.id, source: source.id },
      'export made',
    )
  }

  async function tellBegun(job: ExportJob, version: VersionRow, source: SourceRow): Promise<void> {
    await store.transaction(async tx => {
      const sequence = await beginExport(tx, job)
      if (sequence !== undefined) await tellExport(tx, 'started', { version, source }, sequence, system, {})
    })
  }

  /** What the job needs does not answer at the moment. */
  async function waitOut(job: ExportJob, error: SlipwayError): Promise<void> {
    log.warn({ err: error, version: job.version }, 'an export waits for what it needs')
    await postponeExport(store, job, outageMs, error.message)
  }

  async function settleFailure(job: ExportJob, version: VersionRow, source: SourceRow, error: unknown): Promise<void> {
    log.error({ err: error, version: version.id, source: source.id, attempt: job.attempt }, 'an export failed')
    const message = error instanceof Error ? error.message : String(error)
    await store.transaction(async tx => {
      const sequence = await failExport(tx, job, message)
      if (sequence === undefined) return
      await tellExport(tx, 'failed', { version, source }, sequence, system, { error: message })
    })
  }

  return startWorker<ExportJob>({
    name: 'exports',
    take: limit => takeExports(store, limit, leaseSeconds),
    lease: { ms: leaseSeconds * 1000, renew: job => keepExport(store, job, leaseSeconds) },
    handle: carryOut,
    next: () => nextExportMs(store),
    concurrency,
    pollMs,
    stopPatienceMs,
    log,
  })
}
