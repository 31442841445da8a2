import { failure } from '@slipway/contracts'
import { isUniqueViolation, rememberCommand, type Store, type Tx } from '@slipway/store'
import type { Database } from '../database.ts'
import { projectEvents } from '../platform-task/project.ts'
import { namesOf } from '../task-service/known-task-services.store.ts'
import { type Decision, decide, isRefusal, type ReleaseCommand } from './decide.ts'
import { evolve, type Release, type ReleaseChange } from './release.ts'
import { type LockedRelease, lockAndRead } from './release-aggregate.store.ts'
import { persistRelease } from './release-persist.store.ts'
import { type AttributedChange, recordsOf } from './release-records.ts'
import { greatestPublished, keptVersion, lockVersionNumbers, pointStudiesToPublished } from './version.store.ts'
import { formatVersion, publishedVersion, type Version } from './version.ts'

/** A command for a release, with who gives it and what else belongs into the same transaction. */
export type ReleaseRequest = {
  /** Several commands are decided one after the other, as one. */
  readonly commands: readonly ReleaseCommand[]
  readonly actor: string
  readonly traceparent?: string | undefined
  /** Runs in the transaction once the change, and nothing later, is written, e.g. to read the answer; its result is the request's. */
  readonly finish?: (tx: Tx<Database>) => Promise<unknown>
  /**
   * Runs in the transaction before the request is decided. False: it is void and nothing happens; a list is decided in
   * place of `commands`.
   */
  readonly guard?: (tx: Tx<Database>) => Promise<boolean | readonly ReleaseCommand[]>
  /** Id of the write, remembered with the result of `finish` as its body. */
  readonly remember?: { readonly id: string; readonly fingerprint: string } | undefined
}

export type ReleaseResult = { readonly decision: Decision; readonly finished: unknown }

export type ReleaseChanges = {
  /**
   * Changes a release. Requests for the same release that arrive while one is being written are written in one
   * transaction: fifty task services that answer at the same moment cost a few commits, not fifty.
   * @throws `not_found` if there is no such release
   */
  submit(release: string, request: ReleaseRequest): Promise<ReleaseResult>
}

type Waiting = {
  readonly request: ReleaseRequest
  readonly resolve: (result: ReleaseResult) => void
  readonly reject: (error: unknown) => void
}

export type ReleaseChangesOptions = {
  readonly store: Store<Database>
  readonly pollSeconds: number
  /** Called after commands were written, to wake the workers of this process. */
  readonly onCommands: () => void
}

/** Most requests that are written in one transaction. */
const batchSize = 100
/** A random id can be taken already; then the whole change is made again with new ones. */
const attempts = 3

export function createReleaseChanges(options: ReleaseChangesOptions): ReleaseChanges {
  const queues = new Map<string, Waiting[]>()

  async function work(id: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, batchSize)
      try {
        await writeTogether(options, id, batch)
      } catch (error) {
        if (batch.length === 1) batch[0]?.reject(error)
        // One of them is at fault (a command that was done before, say): each by itself, so that it falls alone.
        else for (const one of batch) await writeTogether(options, id, [one]).catch(one.reject)
      }
    }
    queues.delete(id)
  }

  return {
    submit: (id, request) =>
      new Promise((resolve, reject) => {
        const waiting = { request, resolve, reject }
        const queue = queues.get(id)
        if (queue) {
          queue.push(waiting)
          return
        }
        const fresh = [waiting]
        queues.set(id, fresh)
        void work(id, fresh)
      }),
  }
}

async function writeTogether(options: ReleaseChangesOptions, id: string, batch: readonly Waiting[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const outcome = await options.store.transaction(tx => write(tx, options.pollSeconds, id, batch))
      if (outcome.issued) options.onCommands()
      outcome.results.forEach((result, index) => {
        batch[index]?.resolve(result)
      })
      return
    } catch (error) {
      if (!isUniqueViolation(error, 'event_pkey') || attempt >= attempts) throw error
    }
  }
}

async function write(tx: Tx<Database>, pollSeconds: number, id: string, batch: readonly Waiting[]) {
  const found = await lockAndRead(tx, id)
  if (!found) throw failure('not_found', 'Not found.')

  let written = found
  let after = found.release
  let issued = false
  let changes: AttributedChange[] = []
  const flush = async () => {
    if (changes.length === 0) return
    written = await writeChanges(tx, pollSeconds, written, after, changes)
    issued ||= changes.some(({ change }) => change.type === 'command-issued')
    changes = []
  }

  const results: ReleaseResult[] = []
  for (const { request } of batch) {
    const guarded = (await request.guard?.(tx)) ?? true
    if (guarded === false) {
      results.push({ decision: [], finished: undefined })
      continue
    }
    const decision = decideAll(after, guarded === true ? request.commands : guarded)
    if (isRefusal(decision)) {
      results.push({ decision, finished: undefined })
      continue
    }
    after = decision.reduce(evolve, after)
    const { actor, traceparent, finish, remember } = request
    changes.push(...decision.map(change => ({ change, actor, traceparent })))
    // What a request answers is the release as this request leaves it, not what later ones of the batch make of it.
    if (finish) await flush()
    const finished = await finish?.(tx)
    if (remember) {
      const body = typeof finished === 'string' ? finished : ''
      await rememberCommand(tx, { ...remember, status: 200, headers: {}, body })
    }
    results.push({ decision, finished })
  }
  await flush()
  return { results, issued }
}

function decideAll(release: Release, commands: readonly ReleaseCommand[]): Decision {
  const all: ReleaseChange[] = []
  let current = release
  for (const command of commands) {
    const decision = decide(current, command)
    if (isRefusal(decision)) return decision
    all.push(...decision)
    current = decision.reduce(evolve, current)
  }
  return all
}

/** Writes changes, and returns the release as it stands after them for those that follow in the same transaction. */
async function writeChanges(
  tx: Tx<Database>,
  pollSeconds: number,
  before: LockedRelease,
  after: Release,
  changes: readonly AttributedChange[],
): Promise<LockedRelease> {
  const publishes = before.release.state !== 'published' && after.state === 'published'
  const version = publishes ? await finalVersion(tx, before) : before.version
  const newcomers = changes.flatMap(({ change }) => (change.type === 'task-created' ? (change.task.service ?? []) : []))
  const newNames = newcomers.length > 0 ? await namesOf(tx.query, newcomers) : new Map<string, string>()
  const serviceNames = new Map([...before.serviceNames, ...newNames])
  const records = recordsOf(
    before.release,
    {
      name: before.name,
      author: before.author,
      studies: before.studies,
      version: formatVersion(before.version),
      finalVersion: formatVersion(version),
      seq: before.seq,
      taskSeq: before.taskSeq,
      serviceNames,
    },
    changes,
  )
  await persistRelease(tx, before, after, version, records, pollSeconds)
  await projectEvents(tx, records.outbox)
  if (publishes) await pointStudiesToPublished(tx, after.id)
  return { ...before, release: after, version, seq: records.seq, taskSeq: records.taskSeq, serviceNames }
}

async function finalVersion(tx: Tx<Database>, { release, version, isMajor }: LockedRelease): Promise<Version> {
  await lockVersionNumbers(tx)
  const kept = await keptVersion(tx, release.id)
  return kept ?? publishedVersion(version, isMajor, await greatestPublished(tx))
}
