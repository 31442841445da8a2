import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import type { TaskState } from './task-record.ts'

export type Report = { readonly state?: TaskState; readonly progress: number }

export type PlatformClientOptions = {
  /** Public address of the platform. */
  readonly platformUrl: string
  /** Of an administrator, or of a machine client. */
  readonly token: string
  /** Told when a report was not accepted. */
  readonly complain: (line: string) => void
}

/** What a task service wants of the platform. */
export type PlatformClient = {
  /**
   * Tells how a task goes: `PATCH /tasks/{id}`. Reports are sent one after the other; a progress that still waits when a
   * newer one comes is left out. A report that gets lost is no harm, since the platform asks for the state by itself
   * from time to time: after a few tries it is given up.
   */
  report(taskId: string, report: Report): void
  /** The version that a release has now: `GET /releases/{id}`. */
  versionOf(releaseId: string): Promise<string>
  /** Gives up what has not been sent. */
  close(): Promise<void>
}

const attempts = 4

export function createPlatformClient({ platformUrl, token, complain }: PlatformClientOptions): PlatformClient {
  const waiting: { readonly taskId: string; readonly report: Report }[] = []
  const controller = new AbortController()
  const { signal } = controller
  let sending: Promise<void> | undefined

  /** Tries again while the platform is away or has a fault of its own (5xx); anything else is its last word. */
  const call = async (method: 'GET' | 'PATCH', path: string, body?: unknown): Promise<unknown> => {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await fetch(`${platformUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }).catch((error: unknown) => String(error))
      signal.throwIfAborted()
      if (typeof outcome !== 'string' && outcome.ok) return outcome.json()
      const text = typeof outcome === 'string' ? outcome : `${outcome.status} ${await outcome.text()}`
      if (attempt === attempts || (typeof outcome !== 'string' && outcome.status < 500)) {
        throw failure('bad_upstream', `${method} ${path}: ${text}`)
      }
      await delay(250 * 2 ** attempt, undefined, { signal })
    }
  }

  const sendAll = async (): Promise<void> => {
    for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) {
      // A refusal is no fault of ours to mend: the task is canceled, or in another state than the report supposes.
      await call('PATCH', `/tasks/${next.taskId}`, next.report).catch(error => {
        if (!signal.aborted) complain(`a report was not accepted: ${error}`)
      })
    }
    sending = undefined
  }

  return {
    report(taskId, report) {
      const stale = waiting.findIndex(other => other.taskId === taskId && other.report.state === undefined)
      if (stale >= 0) waiting.splice(stale, 1)
      waiting.push({ taskId, report })
      sending ??= sendAll()
    },
    async versionOf(releaseId) {
      const release = await call('GET', `/releases/${releaseId}`)
      return String((release as { version?: unknown }).version)
    },
    async close() {
      controller.abort()
      await sending
    },
  }
}
