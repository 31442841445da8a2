import { receive, type TaskAnswer, type TaskRecord, type TaskState } from './task-record.ts'
import type { TaskService } from './task-server.ts'

export type SlowReviewOptions = {
  /** How long a review takes until the release may be published. Default 20,000 ms. */
  readonly reviewMs?: number
  /** How long it takes to publish the outcome. Default 5,000 ms. */
  readonly publishMs?: number
}

const following: { readonly [State in TaskState]?: TaskState } = { running: 'staged', publishing: 'published' }

/**
 * A task service that never calls back: the platform asks it (`get_status`) and so learns how far it is. Its work is the
 * passing of time, so that its state follows from the clock and needs no timer. It forgets its tasks when it ends: asked
 * about one then, it answers 400, and the release fails.
 */
export function slowReview({ reviewMs = 20_000, publishMs = 5_000 }: SlowReviewOptions = {}): TaskService {
  const tasks = new Map<string, { record: TaskRecord; since: number }>()

  const upToDate = (known: { record: TaskRecord; since: number } | undefined): TaskRecord | undefined => {
    if (!known) return undefined
    const { record, since } = known
    const next = following[record.state]
    if (!next) return record
    const share = (Date.now() - since) / (record.state === 'running' ? reviewMs : publishMs)
    return share >= 1 ? { ...record, state: next, progress: 100 } : { ...record, progress: Math.floor(share * 100) }
  }

  return {
    name: 'slow review',
    message: 'somebody looks at every study, slowly',
    version: '1.0.0',
    async obey(command): Promise<TaskAnswer> {
      const known = tasks.get(command.task_id)
      const { record, answer, isNew } = receive(upToDate(known), command)
      tasks.set(command.task_id, { record, since: isNew ? Date.now() : (known?.since ?? Date.now()) })
      return { state: answer.state, progress: `${answer.progress}%` }
    },
    async close() {
      tasks.clear()
    },
  }
}
