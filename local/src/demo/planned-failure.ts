import { setTimeout as delay } from 'node:timers/promises'
import { type Platform, taskService } from '@slipway/participant'
import type { FailureName } from './arguments.ts'

export type PlannedFailure = {
  /** What is going to happen, and why the release then ends as it does. */
  readonly announcement: string
  /** States that the release may end in. */
  readonly release: readonly string[]
  /** States that the task of the failing service may end in. */
  readonly task: readonly string[]
  /** Settings of the coordinator that keep the waiting short. */
  readonly env: Readonly<Record<string, string>>
}

const silenceSeconds = 10

export const failingServiceName = 'contrary check'

export const plannedFailures: { readonly [Name in FailureName]: PlannedFailure } = {
  refuse: {
    announcement: `"${failingServiceName}" refuses to initialise: its task is rejected, the others are canceled, the release fails before any work has begun.`,
    release: ['failed'],
    task: ['rejected'],
    env: {},
  },
  die: {
    announcement: `"${failingServiceName}" dies while it works: it does not answer when the platform asks how far it is; after a few tries its task fails and with it the release.`,
    release: ['failed'],
    task: ['failed'],
    env: {},
  },
  report: {
    announcement: `"${failingServiceName}" reports that its work failed: its task fails at once, the others are canceled, the release fails.`,
    release: ['failed'],
    task: ['failed'],
    env: {},
  },
  silent: {
    announcement: `"${failingServiceName}" answers that it is running and never gets any further: after ${silenceSeconds} seconds (usually 160,000) the platform waits no longer and cancels the release.`,
    // As in the Kids First Release Coordinator a deadline that passes is no fault: the release ends as one that was canceled.
    release: ['canceled'],
    task: ['canceled'],
    env: { TASK_TIMEOUT: String(silenceSeconds) },
  },
}

export type FailingServiceOptions = {
  readonly failure: FailureName
  readonly platform: Pick<Platform, 'report'>
  /** Makes the service unreachable. */
  readonly die: () => void
}

const workMs = 2_000

/** A task service that behaves well up to the point where the demo wants it to fail. */
export function failingService({ failure: plan, platform, die }: FailingServiceOptions) {
  return taskService({
    name: failingServiceName,
    message: 'a task service that fails when the demo wants it to',
    version: '1.0.0',
    platform,
    log: () => {},
    async check() {
      if (plan === 'refuse') throw new Error('not now: the archive is being moved')
    },
    async stage({ signal, progress }) {
      await delay(workMs, undefined, { signal })
      if (plan === 'die') die()
      if (plan === 'report') {
        progress(35)
        throw new Error('the work failed, as planned')
      }
      // Never gets any further.
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
}
