import type { BlobStore } from '@slipway/blobs'
import { isFailure } from '@slipway/contracts'
import { isWithdrawn, type Platform } from '@slipway/participant'
import { jitteredBackoff, type Run, type Store, startWorker, type Worker } from '@slipway/store'
import type { Logger } from 'pino'
import { cutVersions } from './cut-versions.ts'
import { keepFiles } from './keep-files.ts'
import {
  findTask,
  keepTask,
  moveTask,
  nextTaskMs,
  noteTold,
  type ReleaseTask,
  settleTask,
  takeTasks,
} from './release-task.store.ts'
import { isImpossible, newsOf } from './release-task.ts'
import { filesOf } from './release-version.store.ts'
import { publishVersions, removeVersions } from './release-versions.ts'

export type ReleaseTaskWorkerOptions = {
  readonly store: Store
  readonly platform: Platform
  readonly blobs: BlobStore
  readonly log: Logger
  /** Exports are due. */
  readonly kickExports: () => void
  /** Silence after which another replica takes a task over. */
  readonly leaseSeconds: number
}

const concurrency = 4
/** How often replicas look for what others left behind. */
const pollMs = 2_000
/** How often the exports of a running task are looked at. */
const watchMs = 400
/** How often the coordinator is asked whether a staged task is still wanted: its cancel may have found nobody. */
const wantedMs = 30_000
/** Failures in a row after which a running task is given up: some five minutes. An outage is none, however long it lasts. */
const attempts = 10
/** What an outage counts for at most: it has a look every few seconds, and leaves tries for what fails after it. */
const outageAttempts = 4
const stopPatienceMs = 4_000
const backoff = jitteredBackoff({ baseMs: 500, maxMs: 60_000 })

const isOutage = (error: unknown) => isFailure(error, 'unavailable', 'busy')
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const attemptAfter = ({ attempt }: ReleaseTask, error: unknown): number =>
  isOutage(error) ? Math.max(attempt, Math.min(attempt + 1, outageAttempts)) : attempt + 1

/**
 * Carries the tasks of releases on: each look at one does the next step that its row says is due, and tells the
 * coordinator. Every step may be repeated, and is undone by its own condition when a command came in between.
 */
export function startReleaseTaskWorker(options: ReleaseTaskWorkerOptions): Worker {
  const { store, platform, blobs, log, kickExports, leaseSeconds } = options

  /** Milliseconds after which to look again; null: when somebody says something. */
  async function step(task: ReleaseTask, signal: AbortSignal): Promise<number | null> {
    switch (task.state) {
      case 'running': {
        if (!task.is_cut) await cutVersions(store, task, kickExports)
        const { progress, error } = await keepFiles({ store, blobs, signal }, task.task)
        const state = progress === 100 ? 'staged' : 'running'
        await moveTask(store, task, 'running', { state, progress, error })
        return watchMs
      }
      case 'staged':
        return wantedMs
      case 'publishing':
        await publishVersions(store, task)
        return null
      case 'failed':
      case 'canceled':
        await removeVersions(store, blobs, task)
        return null
      default:
        return null
    }
  }

  /** A running task that could not be carried on says why, or fails. @throws the error, if it is to be tried again */
  async function noteFault(task: ReleaseTask, error: unknown): Promise<void> {
    const isFinal = isImpossible(error) || (!isOutage(error) && task.attempt + 1 >= attempts)
    const { progress } = task
    const state = isFinal ? 'failed' : 'running'
    if (isFinal) log.error({ err: error, task: task.task, release: task.release }, 'a task of a release failed')
    await moveTask(store, task, 'running', { state, progress, error: messageOf(error) })
    if (!isFinal) throw error
  }

  /** Tells the coordinator how a task is, unless it knows; the files go with it from `staged` on. False: it is not taken. */
  async function report(task: ReleaseTask): Promise<boolean> {
    const news = newsOf(task)
    if (!news) return true
    const files = news.state === 'staged' && { files: await filesOf(store.read, task.task) }
    const answer = await platform.report(task.task, { ...news, ...files })
    if (answer === undefined) await noteTold(store, task, news)
    else log.info({ task: task.task, ...news, answer }, 'the coordinator does not take a report')
    return answer === undefined
  }

  /** Reports, and finds out whether the task is still wanted. */
  async function isWanted(task: ReleaseTask): Promise<boolean> {
    const mayBeLost = task.state === 'running'
    const isTaken = await report(task).catch(error => {
      if (!mayBeLost) throw error
      log.info({ err: error, task: task.task }, 'the progress of a task could not be reported')
      return true
    })
    if (isTaken && task.state !== 'staged') return true
    const isOver = task.state === 'failed' || task.state === 'canceled'
    if (!isOver && isWithdrawn(await platform.taskState(task.task))) return false
    if (!isTaken) await noteTold(store, task, task)
    return true
  }

  async function advance(task: ReleaseTask, signal: AbortSignal): Promise<number | null> {
    let afterMs: number | null = 0
    try {
      afterMs = await step(task, signal)
    } catch (error) {
      if (signal.aborted || task.state !== 'running') throw error
      await noteFault(task, error)
    }
    const now = await findTask(store.read, task.task)
    if (!now || now.lease !== task.lease) return null
    if (!(await isWanted(now))) {
      const { state, progress } = now
      await moveTask(store, now, state, { state: 'canceled', progress })
      return 0
    }
    // A step may have made another one due, as a failure does.
    return now.state === task.state ? afterMs : 0
  }

  async function handle(task: ReleaseTask, { leaving }: Run): Promise<void> {
    try {
      const afterMs = await advance(task, leaving)
      await settleTask(store, task, afterMs, 0)
    } catch (error) {
      log.warn({ err: error, task: task.task, state: task.state }, 'a task of a release could not be carried on')
      const attempt = leaving.aborted ? task.attempt : attemptAfter(task, error)
      await settleTask(store, task, leaving.aborted ? 0 : backoff(attempt), attempt)
    } finally {
      worker.kick()
    }
  }

  const worker = startWorker<ReleaseTask>({
    name: 'release-tasks',
    take: limit => takeTasks(store, limit, leaseSeconds),
    lease: { ms: leaseSeconds * 1000, renew: task => keepTask(store, task, leaseSeconds) },
    handle,
    next: () => nextTaskMs(store),
    concurrency,
    pollMs,
    stopPatienceMs,
    log,
  })
  return worker
}
