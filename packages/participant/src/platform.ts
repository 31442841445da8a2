import type { OutputOf, ReportedFile, releaseOperations } from '@slipway/contracts'
import type { TaskState } from './protocol.ts'

/** What the platform is told of a task: its state, its progress (percent), or both; and the files that were made. */
export type Report = {
  readonly state?: TaskState
  readonly progress?: number
  readonly files?: readonly ReportedFile[]
}

export type Release = OutputOf<typeof releaseOperations.get>

/** What a task service wants of the platform: `platformOverHttp`, or `platformOverBus`. */
export type Platform = {
  /**
   * Tells how a task is. The same may be told again. Undefined: it counts. A text: the platform refuses it with these
   * words, because it has the task elsewhere or not at all, and will not take it later.
   * @throws whatever else than a refusal is answered: it is to be tried again
   */
  report(task: string, report: Report, signal?: AbortSignal): Promise<string | undefined>
  /** How a task is in the platform's book; undefined: there is none (any more). */
  taskState(task: string, signal?: AbortSignal): Promise<string | undefined>
  /** Until a release is published, its version is a candidate. */
  release(id: string, signal?: AbortSignal): Promise<Release>
}

/**
 * Whether the platform has given a task up, so that nothing of it may stay. It says so once only, and not at all to those
 * whose task has ended: who was away then has to ask.
 */
export const isWithdrawn = (state: string | undefined): boolean =>
  state === undefined || state === 'failed' || state === 'canceled' || state === 'rejected'

export type Reports = {
  /** Puts a report into the queue. A progress that still waits when something newer comes is left out. */
  send(task: string, report: Report): void
  /** Gives up what has not been sent. */
  close(): Promise<void>
}

/**
 * Sends reports one after the other, without anybody waiting for them. One that gets lost is no harm, since the platform
 * asks for the state by itself from time to time. `complain` hears of those that were not taken.
 */
export function sendReports(platform: Pick<Platform, 'report'>, complain: (line: string) => void): Reports {
  const waiting: { readonly task: string; readonly report: Report }[] = []
  const controller = new AbortController()
  const { signal } = controller
  let sending: Promise<void> | undefined

  async function sendAll(): Promise<void> {
    for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) {
      const refusal = await platform.report(next.task, next.report, signal).catch(String)
      if (refusal !== undefined && !signal.aborted) complain(`a report was not accepted: ${refusal}`)
    }
    sending = undefined
  }

  return {
    send(task, report) {
      const stale = waiting.findIndex(other => other.task === task && other.report.state === undefined)
      if (stale >= 0) waiting.splice(stale, 1)
      waiting.push({ task, report })
      sending ??= sendAll()
    },
    async close() {
      controller.abort()
      await sending
    },
  }
}
