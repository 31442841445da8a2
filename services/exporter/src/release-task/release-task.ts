import { failure, idPattern, isFailure, taskCommandSchema } from '@slipway/contracts'
import { z } from 'zod'

/** Where the exporter takes commands as a task service: `<subject>.tasks`, and `<subject>.status` for its health. */
export const releaseTaskSubject = 'slipway-tasks.exporter'

export type ReleaseTaskState = 'initialized' | 'running' | 'staged' | 'publishing' | 'published' | 'failed' | 'canceled'

/** Sources that one release may have: what is told of their files has to fit into a report. */
export const mostSources = 500

/** Ids are checked, because they become names of versions. */
export const releaseTaskCommand = taskCommandSchema.extend({
  task_id: z.string().regex(idPattern),
  release_id: z.string().regex(idPattern),
  studies: z.array(z.string().max(100)).max(10_000),
})
export type ReleaseTaskCommand = z.output<typeof releaseTaskCommand>

/**
 * The answer to a start in a given state: the same as the first time, however far the work has come meanwhile; but never
 * after a cancel, which may have overtaken it.
 */
export function answerToStart(state: ReleaseTaskState): ReleaseTaskState {
  return state === 'canceled' ? state : 'running'
}

/** The same for publish. A task that is not there yet, or never will be, says how it is, which refuses. */
export function answerToPublish(state: ReleaseTaskState): ReleaseTaskState {
  return state === 'published' ? 'publishing' : state
}

/** Percent of files that are there; everything when there is nothing to do. */
export function progressOf(done: number, all: number): number {
  return all === 0 ? 100 : Math.floor((100 * done) / all)
}

/** A task that cannot be done, however often it is tried. */
export const impossible = (message: string) => failure('conflict', message)
export const isImpossible = (error: unknown) => isFailure(error, 'conflict', 'invalid')

/** States of which the coordinator is told; progress alone is told while running. */
const told: readonly ReleaseTaskState[] = ['staged', 'published', 'failed', 'canceled']

export type Told = {
  readonly state: ReleaseTaskState
  readonly progress: number
  readonly told_state: string | null
  readonly told_progress: number
}

/** What the coordinator does not know yet; undefined: nothing. */
export function newsOf({ state, progress, told_state, told_progress }: Told) {
  if (told.includes(state)) return state === told_state ? undefined : { state, progress }
  return state === 'running' && progress > told_progress ? { progress } : undefined
}
