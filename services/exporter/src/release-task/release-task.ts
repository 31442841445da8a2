import { failure, isFailure } from '@slipway/contracts'
import type { TaskAction, TaskState } from '@slipway/participant'

/** Where the exporter takes commands as a task service: `<subject>.tasks`, and `<subject>.status` for its health. */
export const releaseTaskSubject = 'slipway-tasks.exporter'

/** Sources that one release may have: what is told of their files has to fit into a report. */
export const mostSources = 500

/**
 * The state to answer to a command: that of the first time, however far the work has come meanwhile; but never `running`
 * after a cancel, which may have overtaken the start. What refuses says how the task is.
 */
export function answerTo(action: TaskAction, state: TaskState): TaskState {
  if (action === 'start' && state !== 'canceled') return 'running'
  return action === 'publish' && state === 'published' ? 'publishing' : state
}

/** Percent of files that are there; everything when there is nothing to do. */
export function progressOf(done: number, all: number): number {
  return all === 0 ? 100 : Math.floor((100 * done) / all)
}

/** A task that cannot be done, however often it is tried. */
export const impossible = (message: string) => failure('conflict', message)
export const isImpossible = (error: unknown) => isFailure(error, 'conflict', 'invalid')

/** States of which the coordinator is told; progress alone is told while running. */
const told: readonly TaskState[] = ['staged', 'published', 'failed', 'canceled']

export type Told = {
  readonly state: TaskState
  readonly progress: number
  readonly told_state: string | null
  readonly told_progress: number
}

/**
 * What the coordinator does not know yet; undefined: nothing. Progress goes with its state: from a process that was stopped
 * in the middle it may come after what another one has told since, and is refused then as a step back.
 */
export function newsOf({ state, progress, told_state, told_progress }: Told) {
  if (told.includes(state)) return state === told_state ? undefined : { state, progress }
  return state === 'running' && progress > told_progress ? { state, progress } : undefined
}
