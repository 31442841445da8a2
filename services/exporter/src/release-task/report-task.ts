import type { Bus } from '@slipway/bus'
import { isFailure, type TaskState, taskOperations } from '@slipway/contracts'
import type { ServiceIdentity } from '@slipway/service'
import type { AnyStore } from '@slipway/store'
import type { Logger } from 'pino'
import { filesOf, noteTold, type ReleaseTask } from './release-task.store.ts'
import { newsOf } from './release-task.ts'

export type ReportOptions = {
  readonly store: AnyStore
  readonly bus: Pick<Bus, 'call' | 'request'>
  readonly identity: ServiceIdentity
  readonly log: Logger
}

/** Answers after which there is nothing more to say: the coordinator has the task elsewhere, or not at all. */
const final = ['invalid', 'refused', 'not_found', 'conflict', 'key_reused'] as const
/** States of a task, as the coordinator has it, in which nothing of it may stay. */
const withdrawn: readonly TaskState[] = ['failed', 'canceled', 'rejected']

/**
 * Tells the coordinator how a task is, unless it knows; the files go with it from `staged` on. The same report has the
 * same command id, so one that was sent before a crash is answered and not made twice. False when it is not taken: what
 * follows from that is the caller's to decide, and then to `noteTold`.
 * @throws whatever else than a refusal is answered: it is to be tried again
 */
export async function reportTask({ store, bus, identity, log }: ReportOptions, task: ReleaseTask): Promise<boolean> {
  const news = newsOf(task)
  if (!news) return true
  const body = news.state === 'staged' ? { ...news, files: await filesOf(store.read, task.task) } : news
  const commandId = `${task.task}-${news.state ?? 'progress'}-${news.progress}`
  try {
    const call = { identity: await identity.token(), commandId }
    await bus.request(taskOperations.update, { kf_id: task.task, body }, call)
  } catch (error) {
    if (!isFailure(error, ...final)) throw error
    log.info({ task: task.task, ...news, answer: error.message }, 'the coordinator does not take a report')
    return false
  }
  await noteTold(store, task, news)
  return true
}

/**
 * Whether the coordinator has given a task up. It says so once only, and does not say it to whom it holds for failed: who
 * was not there then has to ask.
 */
export async function isWithdrawn({ bus }: Pick<ReportOptions, 'bus'>, task: string): Promise<boolean> {
  try {
    const { state } = await bus.call(taskOperations.get, { kf_id: task })
    return withdrawn.includes(state)
  } catch (error) {
    // Gone with its release, or with the registration of the exporter.
    if (isFailure(error, 'not_found')) return true
    throw error
  }
}
