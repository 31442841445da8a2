import type { Bus } from '@slipway/bus'
import { actorOf, isFailure } from '@slipway/contracts'
import type { Tx } from '@slipway/store'
import type { Logger } from 'pino'
import { roomNeededOf } from '../child/room.ts'
import type { Applied, Importer } from './apply-children.ts'
import { applyOther, type OtherOptions } from './apply-other.ts'
import { applyRows } from './apply-rows.ts'
import { firstHalfOf, type LineBatch } from './batches.ts'
import { addResults } from './bulk-import.ts'
import { importData } from './bulk-import-events.ts'
import { advanceImport, type ImportJob } from './import-job.store.ts'
import { resultOfError } from './line-errors.ts'

export type CarryOutOptions = OtherOptions & {
  readonly leaseSeconds: number
  readonly log: Logger
  /** Works with something large, once there is room for so many bytes of it. */
  readonly withRoom: Bus['withRoom']
}

/** Of what is large in imports there is one thing at a time. */
const allRoom = Number.POSITIVE_INFINITY

/** Thrown inside a transaction whose import is somebody else's by now, or was revoked. */
export const lostImport = new Error('the import was taken over or revoked')

/**
 * Carries out the first lines of a batch, one at least, and writes down in the same transaction that they are done.
 * Returns the import after that. @throws `lostImport`; what is not the fault of a line
 */
export async function carryOut(
  job: ImportJob,
  batch: LineBatch,
  options: CarryOutOptions,
  room = 0,
): Promise<ImportJob> {
  const { store, log, withRoom } = options
  const { work } = batch
  if (work.kind === 'large') {
    const { read } = work
    return withRoom(allRoom, async () => carryOut(job, await read(), options, allRoom))
  }
  const importer: Importer = {
    identity: job.identity,
    traceparent: job.traceparent ?? undefined,
    updateIfExists: job.updateIfExists,
    isCopy: job.target !== null,
    room,
  }
  const record = async (tx: Tx, { results, told }: Applied): Promise<ImportJob> => {
    const counts = addResults(job.counts, results)
    const length = batch.bytes.slice(0, results.length).reduce((sum, bytes) => sum + bytes, 0)
    const lastByte = job.nextByte + length
    const after = { ...job, processed: job.processed + results.length, nextByte: lastByte, counts, attempt: 0 }
    const data = told?.map(one => ({ ...importData(after), ...one })) ?? []
    const done = { firstByte: job.nextByte, lastByte, results, counts, events: { actor: actorOf(job.identity), data } }
    const seq = await advanceImport(tx, job, done, options.leaseSeconds)
    if (seq === undefined) throw lostImport
    return { ...after, seq }
  }
  try {
    return await store.transaction(async tx => record(tx, await apply(tx, importer, work, options)))
  } catch (error) {
    if (error === lostImport || isFailure(error, 'unavailable', 'busy', 'timeout')) throw error
    // Something that is seen only when they are written: the other lines are not to suffer from the one that has it.
    if (batch.bytes.length > 1) return carryOut(job, firstHalfOf(batch), options, room)
    if (roomNeededOf(error) !== undefined) return withRoom(allRoom, () => carryOut(job, batch, options, allRoom))
    const refused = resultOfError(error)
    if (refused) return store.transaction(tx => record(tx, { results: [refused] }))
    log.error({ err: error, import: job.id, line: job.processed + 1 }, 'a line of an import failed')
    const result = { outcome: 'failed', errors: { __all__: ['Internal error.'] } } as const
    return store.transaction(tx => record(tx, { results: [result] }))
  }
}

type ReadWork = Exclude<LineBatch['work'], { readonly kind: 'large' }>

function apply(tx: Tx, importer: Importer, work: ReadWork, options: OtherOptions): Promise<Applied> {
  if (work.kind === 'rows') return applyRows(tx, importer, work.lines)
  return applyOther(tx, importer, work.line, options).then(result => ({ results: [result] }))
}
