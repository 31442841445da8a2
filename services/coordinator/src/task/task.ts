import type { ReleaseState, TaskState } from '@slipway/contracts'

/** States that a task never leaves. */
export const endedTaskStates: ReadonlySet<TaskState> = new Set(['published', 'failed', 'canceled', 'rejected'])

/** The steps of a task, in the words of the Kids First Release Coordinator. `failed` and `canceled` come from anywhere. */
const steps: Readonly<Partial<Record<TaskState, readonly TaskState[]>>> = {
  waiting: ['initialized', 'rejected'],
  initialized: ['running'],
  running: ['staged'],
  staged: ['publishing'],
  publishing: ['published'],
}

/**
 * Steps that a task service may report before the coordinator has written down the answer to its own request: the
 * report overtakes the answer. They count only while the release is in the phase concerned.
 */
const overtaking: ReadonlyArray<{ readonly from: TaskState; readonly to: TaskState; readonly release: ReleaseState }> =
  [
    { from: 'initialized', to: 'staged', release: 'running' },
    { from: 'staged', to: 'published', release: 'publishing' },
  ]

/** True if a task may go from one state to another while its release is in the given state. Staying is no step. */
export function mayStep(from: TaskState, to: TaskState, release: ReleaseState): boolean {
  if (endedTaskStates.has(from)) return false
  if (to === 'failed' || to === 'canceled') return true
  if (steps[from]?.includes(to)) return true
  return overtaking.some(step => step.from === from && step.to === to && step.release === release)
}

/** The states of a task on its way to publication, in order. */
export const taskCourse: readonly TaskState[] = ['initialized', 'running', 'staged', 'publishing', 'published']

/** True if a task that is in `state` has left `earlier` behind on its way to publication. */
export function isPast(earlier: TaskState, state: TaskState): boolean {
  return taskCourse.includes(earlier) && taskCourse.indexOf(earlier) < taskCourse.indexOf(state)
}
