import type { CallContext } from '@slipway/bus'
import { actorOf } from '@slipway/contracts'
import type { Outbound } from '@slipway/service'
import { appendEvents, type NewEvent, type Store } from '@slipway/store'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Database } from '../database.ts'
import { runNow } from '../job/run-now.ts'
import { mirrorObjects } from '../study-object/mirrored-objects.store.ts'
import { lockMirror, type MirroredStudy, markDeleted, upsertStudies } from './study-mirror.store.ts'

export type MirrorResult =
  | { readonly kind: 'done'; readonly added: number; readonly deleted: number; readonly message: string }
  /** The data service did not deliver; the status is its own, or 502. */
  | { readonly kind: 'failed'; readonly status: number }

/** Mirrors the studies of the data service, one run at a time. */
export type StudyMirror = {
  /** With the id of the task that the run is; none where nothing is configured. */
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

const pageSchema = z.object({
  results: z.array(
    z.object({
      kf_id: z.string().regex(/^[A-Z]{2}_[0-9A-Z]{8}$/),
      name: z.string().max(256).nullish(),
      visible: z.boolean().nullish(),
      created_at: z.string().nullish(),
    }),
  ),
  _links: z.object({ next: z.string().nullish() }).partial().optional(),
})

/** More pages than any data service has: a `next` that leads in circles ends here. */
const maxPages = 10_000

export function createStudyMirror({ store, outbound, url, leaseSeconds, log }: StudyMirrorOptions): StudyMirror {
  let running: ReturnType<StudyMirror['run']> | undefined

  async function start(actor: string, traceparent: string | undefined) {
    if (!url) {
      const result: MirrorResult = { kind: 'done', added: 0, deleted: 0, message: 'No dataservice is configured' }
      return { result, task: null }
    }
    const { id, result } = await runNow({
      store,
      log,
      leaseSeconds,
      job: { kind: 'study-mirror', input: {}, actor, traceparent },
      work: job => mirror(url, actor, traceparent, job.id),
      outcome: came =>
        came.kind === 'failed'
          ? new Error(`The data service did not deliver (${came.status}).`)
          : { new: came.added, deleted: came.deleted },
    })
    return { result, task: id }
  }

  async function mirror(url: string, actor: string, traceparent: string | undefined, task: string) {
    return store.transaction(async (tx): Promise<MirrorResult> => {
      await lockMirror(tx)
      const fetched = await fetchStudies(outbound, url)
      if ('status' in fetched) return { kind: 'failed', status: fetched.status }
      const written = await upsertStudies(tx, fetched.studies)
      // An empty answer is a broken data service, not the end of all studies.
      const gone = fetched.studies.length === 0 ? { deleted: 0, changed: [] } : await markDeleted(tx, fetched.studies)
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
      await mirrorObjects(tx, [...written, ...gone.changed], { actor, traceparent, task })
      const added = written.filter(study => study.added).length
      return { kind: 'done', added, deleted: gone.deleted, message: 'Synchronized with dataservice' }
    })
  }

  return {
    run({ identity, traceparent }) {
      running ??= start(actorOf(identity), traceparent).finally(() => {
        running = undefined
      })
      return running
    },
  }
}

/** All studies of the data service, following its pages to the end; or the status that says why not. */
async function fetchStudies(
  outbound: Outbound,
  base: string,
): Promise<{ readonly studies: readonly MirroredStudy[] } | { readonly status: number }> {
  const studies = new Map<string, MirroredStudy>()
  let next: string | undefined = '/studies?limit=100'
  for (let pages = 0; next && pages < maxPages; pages += 1) {
    const target = URL.parse(next, base.endsWith('/') ? base : `${base}/`)
    const path: string = next.startsWith('/') && target ? `${base.replace(/\/$/, '')}${next}` : (target?.href ?? next)
    const result = await outbound.send({
      url: path,
      method: 'GET',
      headers: { accept: 'application/json' },
      redirects: 5,
    })
    if (result.kind === 'unreachable') return { status: 502 }
    if (result.status !== 200) return { status: result.status >= 400 ? result.status : 502 }
    const page = readPage(result.text)
    if (!page) return { status: 502 }
    for (const { kf_id, name, visible, created_at } of page.results) {
      const created = created_at && !Number.isNaN(Date.parse(created_at)) ? created_at : null
      studies.set(kf_id, { kf_id, name: name ?? '', visible: visible ?? true, created_at: created })
    }
    next = page._links?.next ?? undefined
    if (page.results.length === 0) break
  }
  return { studies: [...studies.values()] }
}

function readPage(text: string): z.infer<typeof pageSchema> | undefined {
  try {
    return pageSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
