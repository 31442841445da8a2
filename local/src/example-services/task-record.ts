import { failure } from '@slipway/contracts'

export const actions = ['initialize', 'start', 'publish', 'cancel', 'get_status'] as const
export type Action = (typeof actions)[number]

/** What the platform asks for. */
export type TaskCommand = {
  readonly action: Action
  readonly task_id: string
  readonly release_id: string
  readonly studies: readonly string[]
}

export type TaskState = 'initialized' | 'running' | 'staged' | 'publishing' | 'published' | 'failed' | 'canceled'

/** What a task service answers. `progress` is a percentage: a number, or text like `"50%"`. */
export type TaskAnswer = { readonly state: TaskState; readonly progress: number | string }

/** A task service's own book about one task. */
export type TaskRecord = {
  readonly task_id: string
  readonly release_id: string
  readonly studies: readonly string[]
  readonly state: TaskState
  readonly progress: number
  /** What was answered: a command that comes again gets the same answer and does nothing more. */
  readonly answers: { readonly [Name in Action]?: TaskAnswer }
}

export type Received = {
  readonly record: TaskRecord
  readonly answer: TaskAnswer
  /** False for a repetition and for a question: there is nothing to do. */
  readonly isNew: boolean
}

const steps = {
  initialize: { from: [], to: 'initialized' },
  start: { from: ['initialized'], to: 'running' },
  publish: { from: ['staged'], to: 'publishing' },
  cancel: { from: ['initialized', 'running', 'staged', 'publishing'], to: 'canceled' },
} as const satisfies Record<string, { from: readonly TaskState[]; to: TaskState }>

/** Decides what a command means for a task. Fails with `refused` (HTTP 400) when it can not be obeyed. */
export function receive(known: TaskRecord | undefined, command: TaskCommand): Received {
  const { action, task_id, release_id, studies } = command
  if (known && known.release_id !== release_id) {
    throw failure('refused', `task ${task_id} belongs to release ${known.release_id}, not ${release_id}`)
  }
  if (action === 'get_status') {
    if (!known) throw failure('refused', `task ${task_id} is not known`)
    return { record: known, answer: { state: known.state, progress: known.progress }, isNew: false }
  }
  const earlier = known?.answers[action]
  if (known && earlier) return { record: known, answer: earlier, isNew: false }

  const { from, to } = steps[action]
  const allowed = known ? from.some(state => state === known.state) : action === 'initialize'
  if (!allowed) throw failure('refused', `a task that is ${known?.state ?? 'not known'} can not take "${action}"`)
  // Both halves of the work count from nothing again, like the bars that show them.
  const progress = action === 'cancel' ? (known?.progress ?? 0) : 0
  const answer: TaskAnswer = { state: to, progress }
  const answers = { ...known?.answers, [action]: answer }
  return { record: { task_id, release_id, studies, ...known, state: to, progress, answers }, answer, isNew: true }
}
