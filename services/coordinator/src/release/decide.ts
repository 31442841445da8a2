import type { TaskState } from '@slipway/contracts'
import type { Fault } from '../command/fault.ts'
import { endedTaskStates, isPast, mayStep } from '../task/task.ts'
import {
  allTasks,
  type Ending,
  endedReleaseStates,
  evolve,
  liveTasks,
  type Release,
  type ReleaseChange,
  type Task,
} from './release.ts'

/** What is asked of a release, or told about it. */
export type ReleaseCommand =
  /** The task services that take part are known. */
  | { readonly type: 'enlist'; readonly tasks: readonly Task[] }
  | { readonly type: 'add-task'; readonly task: Task }
  /** A task service answered a request; `fault` is why it does not count as accepted, for the log and the task. */
  | {
      readonly type: 'answer'
      readonly task: string
      readonly action: 'initialize' | 'start' | 'publish' | 'cancel'
      readonly accepted: boolean
      readonly fault?: Fault
    }
  /** What a task service says about its task, by itself. A step that is not allowed is refused. */
  | { readonly type: 'report'; readonly task: string; readonly state?: TaskState; readonly progress?: number }
  /** What a task service says when it is polled. */
  | ({ readonly type: 'poll' } & Said)
  /** A task is lost: its service does not answer a request (polls), or was deleted. */
  | { readonly type: 'lose-task'; readonly task: string; readonly request?: string; readonly fault: Fault }
  | { readonly type: 'publish' }
  | { readonly type: 'cancel'; readonly reason: Ending }
  /** Draw the conclusions that are due, after a crash or a change by hand. */
  | { readonly type: 'settle' }

export type Refusal = {
  readonly refused: { readonly reason: 'step' | 'publish'; readonly from: string; readonly to?: string }
}

export type Decision = readonly ReleaseChange[] | Refusal

export function isRefusal(decision: Decision): decision is Refusal {
  return 'refused' in decision
}

/** Decides what a command changes. An empty list: nothing, and that is fine. Pure: no I/O, no clock. */
export function decide(release: Release, command: ReleaseCommand): Decision {
  if (command.type === 'report') return decideReport(release, command)
  if (command.type === 'publish') return decidePublish(release)
  if (command.type === 'cancel') return decideCancel(release, command.reason)
  // Only a task recorded by hand can have ended badly without its release: that is canceled, not failed.
  if (command.type === 'settle' && hasBadTask(release)) return decideCancel(release, 'report')
  // A task by hand is a row only: nothing follows from it until somebody reports on it.
  if (command.type === 'add-task') return [{ type: 'task-created', task: command.task }]
  return conclude(release, immediateChanges(release, command))
}

type Immediate = Exclude<ReleaseCommand, { type: 'report' | 'publish' | 'cancel' | 'add-task' }>

function immediateChanges(release: Release, command: Immediate): ReleaseChange[] {
  switch (command.type) {
    case 'enlist':
      return release.state === 'waiting' ? enlisted(command.tasks) : []
    case 'answer':
      return answered(release, command)
    case 'poll':
      return polled(release, command)
    case 'lose-task':
      return lost(release, command)
    case 'settle':
      return []
  }
}

function enlisted(tasks: readonly Task[]): ReleaseChange[] {
  return [
    { type: 'release-moved', from: 'waiting', to: 'initializing' },
    ...tasks.map((task): ReleaseChange => ({ type: 'task-created', task })),
    ...tasks.map((task): ReleaseChange => ({ type: 'command-issued', action: 'initialize', task: task.id })),
  ]
}

/** What an accepted request makes of a task, and what a refused one does. Late answers find another state: nothing. */
const outcomes = {
  initialize: { expected: 'waiting', accepted: 'initialized', refused: 'rejected' },
  start: { expected: 'initialized', accepted: 'running', refused: 'failed' },
  publish: { expected: 'staged', accepted: 'publishing', refused: 'failed' },
} as const

function answered(release: Release, answer: Extract<ReleaseCommand, { type: 'answer' }>): ReleaseChange[] {
  const task = release.tasks.get(answer.task)
  if (!task) return []
  const { action, accepted, fault } = answer
  const noted: ReleaseChange[] = fault ? [{ type: 'fault-noted', task: task.id, request: `${action} task`, fault }] : []
  const move = (to: TaskState): ReleaseChange => ({
    type: 'task-moved',
    task: task.id,
    from: task.state,
    to,
    ...(action === 'cancel' && { reason: release.ending ?? 'request' }),
    ...(fault && { fault }),
  })
  if (action === 'cancel') {
    if (release.state !== 'canceling' || endedTaskStates.has(task.state)) return []
    return [...noted, move('canceled')]
  }
  const outcome = outcomes[action]
  const ending = release.state === 'canceling' || endedReleaseStates.has(release.state)
  if (ending || task.state !== outcome.expected) return []
  if (accepted) return [...noted, move(outcome.accepted)]
  // In the order of the Kids First Release Coordinator: the release is given up, then the task.
  return [...noted, ...canceling(release, 'fault', [], task.id), move(outcome.refused)]
}

type Said = {
  readonly task: string
  readonly state?: TaskState | undefined
  readonly progress?: number
  readonly fault?: Fault
}

/** Changes that follow from what a task service says; undefined if it says a step that is not allowed. */
function heard(release: Release, { task: id, state, progress, fault }: Said): ReleaseChange[] | undefined {
  const task = release.tasks.get(id)
  if (!task) return []
  const changes: ReleaseChange[] = []
  if (state !== undefined && state !== task.state) {
    if (!mayStep(task.state, state, release.state)) return undefined
    const reason = state === 'canceled' ? { reason: 'report' as const } : {}
    changes.push({ type: 'task-moved', task: id, from: task.state, to: state, ...reason, ...(fault && { fault }) })
  }
  if (progress !== undefined && progress !== task.progress)
    changes.push({ type: 'task-progressed', task: id, progress })
  return changes
}

/**
 * A step that is not allowed is ignored, the progress is taken; neither counts if a report of the task service has
 * overtaken this answer.
 */
function polled(release: Release, said: Said): ReleaseChange[] {
  const task = release.tasks.get(said.task)
  if (task && said.state && isPast(said.state, task.state)) return []
  return heard(release, said) ?? heard(release, { ...said, state: undefined }) ?? []
}

function lost(release: Release, { task: id, request, fault }: Extract<ReleaseCommand, { type: 'lose-task' }>) {
  const task = release.tasks.get(id)
  if (!task || endedTaskStates.has(task.state)) return []
  const changes: ReleaseChange[] = [
    { type: 'fault-noted', task: id, ...(request && { request }), fault },
    { type: 'task-moved', task: id, from: task.state, to: 'failed', fault },
  ]
  return changes
}

function decideReport(release: Release, report: Extract<ReleaseCommand, { type: 'report' }>): Decision {
  const changes = heard(release, report)
  if (changes) return conclude(release, changes)
  const from = release.tasks.get(report.task)?.state ?? ''
  return { refused: { reason: 'step', from, ...(report.state && { to: report.state }) } }
}

function decidePublish(release: Release): Decision {
  if (release.state !== 'staged') return { refused: { reason: 'publish', from: release.state } }
  return conclude(release, [
    { type: 'release-moved', from: 'staged', to: 'publishing' },
    ...commandsFor(release, 'staged', 'publish'),
  ])
}

/** Canceling is visible before it is done: what follows is left to the commands, or to `settle` where there are none. */
function decideCancel(release: Release, reason: Ending): Decision {
  if (endedReleaseStates.has(release.state) || release.state === 'canceling') return []
  return canceling(release, reason, [{ type: 'command-issued', action: 'settle' }])
}

/** `refused` is a task that ends in the same moment, and needs no cancel. */
function canceling(release: Release, ending: Ending, ifNoTasks: ReleaseChange[], refused?: string): ReleaseChange[] {
  const live = liveTasks(release).filter(task => task.id !== refused)
  return [
    { type: 'release-moved', from: release.state, to: 'canceling', ending },
    ...live.map((task): ReleaseChange => ({ type: 'command-issued', action: 'cancel', task: task.id })),
    ...(live.length === 0 ? ifNoTasks : []),
  ]
}

function commandsFor(release: Release, state: TaskState, action: 'start' | 'publish'): ReleaseChange[] {
  return [...release.tasks.values()]
    .filter(task => task.state === state)
    .map(task => ({ type: 'command-issued', action, task: task.id }))
}

/** Applies the changes, and those that follow from them, until nothing more follows. */
function conclude(release: Release, changes: readonly ReleaseChange[]): ReleaseChange[] {
  const all = [...changes]
  let current = all.reduce(evolve, release)
  for (let next = consequences(current); next.length > 0; next = consequences(current)) {
    all.push(...next)
    current = next.reduce(evolve, current)
  }
  return all
}

function hasBadTask({ state, tasks }: Release): boolean {
  if (state === 'canceling') return false
  return [...tasks.values()].some(task => task.state !== 'published' && endedTaskStates.has(task.state))
}

/** What must follow from the state that a release is in. */
function consequences(release: Release): ReleaseChange[] {
  if (endedReleaseStates.has(release.state)) return []
  if (release.state === 'canceling') {
    if (liveTasks(release).length > 0) return []
    return [{ type: 'release-moved', from: 'canceling', to: release.ending === 'fault' ? 'failed' : 'canceled' }]
  }
  const states = new Set([...release.tasks.values()].map(task => task.state))
  if (states.has('failed') || states.has('rejected')) return canceling(release, 'fault', [])
  if (states.has('canceled')) return canceling(release, 'report', [])
  return advanced(release)
}

/** The next phase, once every task is through with the present one. A release without tasks goes through at once. */
function advanced(release: Release): ReleaseChange[] {
  const some = release.tasks.size > 0
  switch (release.state) {
    case 'initializing':
      // A task by hand may be past `initialized` already.
      if (some && [...release.tasks.values()].some(task => task.state === 'waiting')) return []
      return [
        { type: 'release-moved', from: 'initializing', to: 'running' },
        ...commandsFor(release, 'initialized', 'start'),
      ]
    case 'running':
      return allTasks(release, 'staged') ? [{ type: 'release-moved', from: 'running', to: 'staged' }] : []
    case 'publishing':
      return allTasks(release, 'published') ? [{ type: 'release-moved', from: 'publishing', to: 'published' }] : []
    default:
      return []
  }
}
