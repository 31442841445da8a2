import type { CallContext } from '@slipway/bus'
import { actorOf, failure } from '@slipway/contracts'
import type { Outbound } from '@slipway/service'
import { appendEvents, type NewEvent, type Store } from '@slipway/store'
import type { Logger } from 'pino'
import type { Database } from '../database.ts'
import { holdJob, type Leased } from '../job/job.store.ts'
import { runNow } from '../job/run-now.ts'
import { mirrorObjects } from '../study-object/mirrored-objects.store.ts'
import { fetchStudies, type LeftOut } from './fetch-studies.ts'
import { idsMadeHere, lockMirror, markDeleted, upsertStudies } from './study-mirror.store.ts'

export type MirrorResult =
  | {
      readonly kind: 'done'
      readonly added: number
      readonly deleted: number
      /** What the data service told of and could not be taken over. */
      readonly leftOut: readonly LeftOut[]
      readonly message: string
    }
  /** The data service did not deliver; the status is its own, or 502. */
  | { readonly kind: 'failed'; readonly status: number }

/** Mirrors the studies of the data service, one run at a time. */
export type StudyMirror = {
  /**
   * A run that begins after the call, so that what was changed before the call is in it: those who call while one is
   * under way share the next one. With the id of the task that the run is; none where nothing is configured.
   */
  run(context: Pick<CallContext, 'identity' | 'traceparent'>): Promise<{ result: MirrorResult; task: string | null }>
}

export type StudyMirrorOptions = {
  readonly store: Store<Database>
  readonly outbound: Outbound
  /** Base URL of the data service; undefined: nothing is configured, and a run answers that. */
  readonly url: string | undefined
  /** Seconds after which a run of a silent process counts as failed. */
  readonly leaseSeconds: number
  readonly log: Logger
}

/** Milliseconds that all pages of the data service may take; meanwhile the transaction keeps only other mirrors out. */
const fetchPatienceMs = 600_000

export function createStudyMirror({ store, outbound, url, leaseSeconds, log }: StudyMirrorOptions): StudyMirror {
  /** Under way, and the one that begins after it. */
  let running: ReturnType<StudyMirror['run']> | undefined
  let next: typeof running

  async function start(actor: string, traceparent: string | undefined) {
    if (!url) {
      const result: MirrorResult = {
        kind: 'done',
        added: 0,
        deleted: 0,
        leftOut: [],
        message: 'No dataservice is configured',
      }
      return { result, task: null }
    }
    const { id, result } = await runNow({
      store,
      log,
      leaseSeconds,
      job: { kind: 'study-mirror', input: {}, actor, traceparent },
      work: job => mirror(url, actor, traceparent, job),
      outcome: came =>
        came.kind === 'failed'
          ? new Error(`The data service did not deliver (${came.status}).`)
          : { new: came.added, deleted: came.deleted, ...(came.leftOut.length > 0 && { left_out: came.leftOut }) },
    })
    return { result, task: id }
  }

  async function mirror(url: string, actor: string, traceparent: string | undefined, job: Leased) {
    return store.transaction(
      async (tx): Promise<MirrorResult> => {
        await lockMirror(tx)
        const fetched = await fetchStudies(outbound, url)
        if ('status' in fetched) return { kind: 'failed', status: fetched.status }
        // It counts as failed by now, and its task says so.
        if (!(await holdJob(tx, job))) throw failure('unavailable', 'The run took too long to be heard of.')
        const madeHere = await idsMadeHere(
          tx,
          fetched.studies.map(({ kf_id }) => kf_id),
        )
        const written = await upsertStudies(tx, fetched.studies)
        const leftOut = [
          ...fetched.leftOut,
          ...[...madeHere].map(study_id => ({ study_id, reason: 'A study that was made here has this id.' })),
        ]
        // What cannot be taken over is still there.
        const present = [
          ...fetched.studies.map(({ kf_id }) => kf_id),
          ...leftOut.flatMap(({ study_id }) => study_id ?? []),
        ]
        // An empty answer is a broken data service, not the end of all studies.
        const gone = present.length === 0 ? { deleted: 0, changed: [] } : await markDeleted(tx, present)
        const events = [...written, ...gone.changed].map(
          ({ added, seq, ...study }): NewEvent => ({
            noun: 'study',
            verb: added ? 'created' : 'updated',
            aggregate: study.kf_id,
            sequence: seq,
            actor,
            traceparent,
            data: { study_id: study.kf_id, name: study.name, visible: study.visible, deleted: study.deleted },
          }),
        )
        await appendEvents(tx, events)
        await mirrorObjects(tx, [...written, ...gone.changed], { actor, traceparent, task: job.id })
        const added = written.filter(study => study.added).length
        if (leftOut.length > 0) log.warn({ studies: leftOut }, 'studies of the data service were left out')
        return { kind: 'done', added, deleted: gone.deleted, leftOut, message: messageOf(leftOut) }
      },
      { idleMs: fetchPatienceMs },
    )
  }

  function begin({ identity, traceparent }: Pick<CallContext, 'identity' | 'traceparent'>) {
    next = undefined
    running = start(actorOf(identity), traceparent).finally(() => {
      if (!next) running = undefined
    })
    return running
  }

  return {
    run(context) {
      if (!running) return begin(context)
      next ??= Promise.allSettled([running]).then(() => begin(context))
      return next
    },
  }
}

/** The text of the original, and what it has none for: studies that were left out. */
function messageOf(leftOut: readonly LeftOut[]): string {
  const done = 'Synchronized with dataservice'
  if (leftOut.length === 0) return done
  const told = leftOut.slice(0, 5).map(({ study_id, reason }) => `${study_id ?? 'one without a good id'}: ${reason}`)
  return `${done}, but for ${leftOut.length} of its studies: ${told.join(' ')}`
}
