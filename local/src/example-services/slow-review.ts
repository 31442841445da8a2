import { setTimeout as delay } from 'node:timers/promises'
import { taskService, type Work } from '@slipway/participant'

export type SlowReviewOptions = {
  /** How long a review takes until the release may be published. Default 20,000 ms. */
  readonly reviewMs?: number
  /** How long it takes to publish the outcome. Default 5,000 ms. */
  readonly publishMs?: number
}

/**
 * A task service that never calls back: the platform asks it (`get_status`) and so learns how far it is. Its work is the
 * passing of time. It forgets its tasks when it ends: asked about one then, it answers 400, and the release fails.
 */
export function slowReview({ reviewMs = 20_000, publishMs = 5_000 }: SlowReviewOptions = {}) {
  const service = taskService({
    name: 'slow review',
    message: 'somebody looks at every study, slowly',
    version: '1.0.0',
    log: () => {},
    stage: work => pass(work, reviewMs),
    publish: work => pass(work, publishMs),
  })
  return {
    ...service,
    /** The other way to write a percentage. */
    async obey(command: Parameters<typeof service.obey>[0]) {
      const answer = await service.obey(command)
      return { ...answer, progress: `${answer.progress}%` }
    },
  }
}

async function pass({ signal, progress }: Work<never>, ms: number): Promise<undefined> {
  for (let percent = 1; percent <= 100; percent += 1) {
    await delay(ms / 100, undefined, { signal })
    progress(percent)
  }
}
