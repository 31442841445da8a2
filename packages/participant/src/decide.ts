import { failure } from '@slipway/contracts'
import { type TaskAnswer, type TaskCommand, type TaskState, unknownTask } from './protocol.ts'

/** What must be known of a task to decide. */
export type KnownTask = { readonly release_id: string; readonly state: TaskState; readonly progress: number }

export type Decision = {
  /** How the task is then: to be kept before the answer is given. */
  readonly state: TaskState
  readonly progress: number
  readonly answer: TaskAnswer
  /** False for a repetition and for a question: there is nothing to do. */
  readonly isNew: boolean
}

/** The states of a task that goes well, in their order. */
const course: readonly TaskState[] = ['initialized', 'running', 'staged', 'publishing', 'published']
const ended: readonly TaskState[] = ['published', 'failed', 'canceled']
const steps = {
  initialize: { from: undefined, to: 'initialized' },
  start: { from: 'initialized', to: 'running' },
  publish: { from: 'staged', to: 'publishing' },
} as const

/**
 * Decides what a command means for a task: each action happens once, and is answered like the first time when it comes
 * again, however far the work has come. What comes for a task that failed or was canceled is refused.
 *
 * `late` also takes a start and a cancel for a task that nobody has heard of, because they may overtake what was before
 * them, and a cancel for one that has ended, whose result is to be taken back.
 * @throws `refused`, `invalid`: 400
 */
export function decide(known: KnownTask | undefined, command: TaskCommand, { late = false } = {}): Decision {
  const { action, task_id, release_id } = command
  if (known && known.release_id !== release_id) {
    throw failure('refused', `The task ${task_id} belongs to the release ${known.release_id}.`)
  }
  const become = (state: TaskState, progress: number) => ({ state, progress, answer: { state, progress }, isNew: true })
  const stay = ({ state, progress }: KnownTask, answer: TaskAnswer) => ({ state, progress, answer, isNew: false })
  const refused = () => (known ? failure('refused', `The task is ${known.state}.`) : unknownTask(task_id))

  if (action === 'get_status') {
    if (!known) throw refused()
    return stay(known, { state: known.state, progress: known.progress })
  }
  if (action === 'cancel') {
    const progress = known?.progress ?? 0
    if (known?.state === 'canceled') return stay(known, { state: 'canceled', progress })
    if (late || (known && !ended.includes(known.state))) return become('canceled', progress)
    throw refused()
  }
  const { from, to } = steps[action]
  if (known && course.indexOf(known.state) >= course.indexOf(to)) return stay(known, { state: to, progress: 0 })
  // Both halves of the work count from nothing, like the bars that show them.
  if (known?.state === from || (late && !known && action === 'start')) return become(to, 0)
  throw refused()
}
