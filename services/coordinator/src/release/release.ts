import type { CancelReason, ReleaseState, TaskState } from '@slipway/contracts'
import type { Fault } from '../command/fault.ts'
import { endedTaskStates } from '../task/task.ts'

/** States that a release never leaves. */
export const endedReleaseStates: ReadonlySet<ReleaseState> = new Set(['published', 'canceled', 'failed'])

/** Why a release is ended before it is published: a fault makes it `failed`, everything else `canceled`. */
export type Ending = CancelReason

/** What is said to a task service; `enlist` and `settle` are the coordinator's notes to itself. */
export type CommandAction = 'enlist' | 'settle' | 'initialize' | 'start' | 'publish' | 'cancel'

export type Task = {
  readonly id: string
  readonly service: string | null
  readonly state: TaskState
  readonly progress: number
}

/** A release together with its tasks: the unit that changes as a whole. */
export type Release = {
  readonly id: string
  readonly state: ReleaseState
  readonly ending: Ending | null
  readonly tasks: ReadonlyMap<string, Task>
}

/** What happened. Every change of a release is a list of these. */
export type ReleaseChange =
  | { readonly type: 'release-moved'; readonly from: ReleaseState; readonly to: ReleaseState; readonly ending?: Ending }
  | { readonly type: 'task-created'; readonly task: Task }
  | {
      readonly type: 'task-moved'
      readonly task: string
      readonly from: TaskState
      readonly to: TaskState
      readonly reason?: Ending
      /** Why it failed, as far as its service said so; kept with the task. */
      readonly fault?: Fault
    }
  | { readonly type: 'task-progressed'; readonly task: string; readonly progress: number }
  | { readonly type: 'command-issued'; readonly action: CommandAction; readonly task?: string }
  /** An entry of the log; `request` is what was asked of the task service, if the fault is one of a request. */
  | { readonly type: 'fault-noted'; readonly task: string; readonly request?: string; readonly fault: Fault }

/** The steps of a release, in the words of the Kids First Release Coordinator. Ending it is possible until it has ended. */
const steps: Readonly<Partial<Record<ReleaseState, readonly ReleaseState[]>>> = {
  waiting: ['initializing'],
  initializing: ['running'],
  running: ['staged'],
  staged: ['publishing'],
  publishing: ['published'],
}

/** True if a release may go from one state to another. */
export function mayMove(from: ReleaseState, to: ReleaseState): boolean {
  if (endedReleaseStates.has(from)) return false
  if (to === 'canceled') return from === 'canceling'
  if (to === 'canceling') return from !== 'canceling'
  return to === 'failed' || (steps[from]?.includes(to) ?? false)
}

/** The release after a change. Changes that contradict it are a defect of the decision that made them. */
export function evolve(release: Release, change: ReleaseChange): Release {
  switch (change.type) {
    case 'release-moved':
      if (change.from !== release.state || !mayMove(change.from, change.to)) {
        throw new Error(`release ${release.id} cannot go from ${release.state} to ${change.to}`)
      }
      return { ...release, state: change.to, ending: change.ending ?? release.ending }
    case 'task-created':
      return { ...release, tasks: new Map(release.tasks).set(change.task.id, change.task) }
    case 'task-moved':
      return withTask(release, change.task, { state: change.to })
    case 'task-progressed':
      return withTask(release, change.task, { progress: change.progress })
    case 'command-issued':
    case 'fault-noted':
      return release
  }
}

function withTask(release: Release, id: string, change: Partial<Task>): Release {
  const task = release.tasks.get(id)
  if (!task) throw new Error(`release ${release.id} has no task ${id}`)
  return { ...release, tasks: new Map(release.tasks).set(id, { ...task, ...change }) }
}

/** Tasks that have not ended. */
export function liveTasks(release: Release): Task[] {
  return [...release.tasks.values()].filter(task => !endedTaskStates.has(task.state))
}

/** True if every task is in the state; also if there are none. */
export function allTasks(release: Release, state: TaskState): boolean {
  return [...release.tasks.values()].every(task => task.state === state)
}
