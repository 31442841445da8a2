import type { Disagreement } from './disagreement.ts'

export type Participant = 'catalog' | 'exporter'
export const participants = ['exporter', 'catalog'] as const

/** A task as the coordinator has it. */
export type CoordinatorTask = { readonly state: string; readonly service: Participant }
/** A task as its own service has it; `version`: the number under which it has published the release. */
export type OwnTask = { readonly state: string; readonly version?: string | undefined }

/** What all services know of one release. */
export type ReleaseFacts = {
  readonly id: string
  /** As the coordinator has it; undefined: it does not know the release. */
  readonly release: { readonly state: string; readonly version: string } | undefined
  /** The coordinator's tasks of the platform's own participants. */
  readonly tasks: ReadonlyMap<string, CoordinatorTask>
  /** Their own. */
  readonly own: { readonly [Service in Participant]: ReadonlyMap<string, OwnTask> }
  /** Files of the exporter to which versions of the catalog have links, and which the exporter does not have. */
  readonly lostFiles: readonly string[]
  /** Those that started it. */
  readonly schedules: readonly string[]
}

const ended = new Set(['canceled', 'failed'])
/** Tasks in these states wait for their service; earlier ones are begun by a command that is still to be sent. */
const waiting = new Set(['running', 'staged', 'publishing'])

type Task = CoordinatorTask & { readonly id: string; readonly release: string }

/** Where the services do not agree on a release: from the coordinator's side, from the participants', from schedules'. */
export function compareRelease(facts: ReleaseFacts): Disagreement[] {
  const { id: release, release: known, tasks, own } = facts
  const found: (Disagreement | undefined)[] = []
  if (known && !ended.has(known.state) && known.state !== 'canceling') {
    found.push(ofFiles(facts, known.state))
    const publicAs = [...own.catalog.values()].find(({ version }) => version !== undefined)?.version
    for (const [id, task] of tasks) {
      const there = own[task.service].get(id)
      const whole = { ...task, id, release }
      found.push(
        known.state === 'published'
          ? ofPublished(whole, known.version, there)
          : ofLive(whole, { state: known.state, publicAs }, there),
      )
    }
  }
  for (const service of participants) {
    for (const [id, { state }] of own[service]) found.push(ofOwn(facts, service, id, state))
  }
  if (!known) found.push(...facts.schedules.map(schedule => ofSchedule(schedule, release)))
  return found.filter(one => one !== undefined)
}

/** `publicAs`: the number under which the catalog has published it, if it has. */
type LiveRelease = { readonly state: string; readonly publicAs: string | undefined }

function ofLive(task: Task, release: LiveRelease, own?: OwnTask): Disagreement | undefined {
  const { id, service, state } = task
  const things = [id, task.release]
  if (!waiting.has(state)) return undefined
  if (!own) {
    return {
      id: `task-unknown:${id}`,
      kind: 'task-unknown',
      things,
      says: `The coordinator waits for the task ${id} (${state}), which the ${service} does not know.`,
      settles: 'The task counts as failed, and its release with it, so that it can be made again.',
      steps: [{ at: 'coordinator', action: 'lose-task', id }],
    }
  }
  if (own.state === 'initialized') {
    if (isMadeAnew(task, own)) return undefined
    return {
      id: `start-missed:${id}`,
      kind: 'start-missed',
      things,
      says: `The task ${id} is ${state} for the coordinator, but the ${service} was not asked to start it.`,
      settles: `The ${service} does its part.`,
      steps: [{ at: service, action: 'start', id, release: task.release }],
    }
  }
  const isUndecided = release.state === 'running' || release.state === 'staged'
  // Tasks that are running or publishing are asked for their state all the time; those that are staged are not.
  if (state === 'staged' && isUndecided && ended.has(own.state)) {
    return {
      id: `task-ended:${id}`,
      kind: 'task-ended',
      things,
      says: `The task ${id} is staged for the coordinator, but ${own.state} in the ${service}: it cannot be published.`,
      settles: 'The task counts as failed, and its release with it, so that it can be made again.',
      steps: [{ at: 'coordinator', action: 'lose-task', id }],
    }
  }
  if (state === 'running' && (own.state === 'publishing' || own.state === 'published')) {
    return {
      id: `task-behind:${id}`,
      kind: 'task-behind',
      things,
      says: `The task ${id} is running for the coordinator, and ${own.state} in the ${service}.`,
      settles: 'The coordinator takes the task for staged; publishing the release is for a person to decide again.',
      steps: [{ at: 'coordinator', action: 'note-staged', id }],
    }
  }
  if (state === 'publishing' && own.state === 'staged') return missed(task)
  if (state === 'staged' && isUndecided && own.state === 'published') return early(task, release)
  return undefined
}

function missed({ id, service, state, release }: Task): Disagreement {
  return {
    id: `publish-missed:${id}`,
    kind: 'publish-missed',
    things: [id, release],
    says: `The task ${id} is ${state} for the coordinator, but the ${service} was not asked to publish it.`,
    settles: `The ${service} publishes its part.`,
    steps: [{ at: service, action: 'publish', id, release }],
  }
}

/** A release whose other tasks are still under way cannot be published yet. */
function early({ id, service, release }: Task, { state, publicAs }: LiveRelease): Disagreement {
  const publish = {
    choice: 'publish',
    does: 'The release is published, under the number under which it was public, or a new one if that was given elsewhere.',
    steps: [{ at: 'release', action: 'publish', id: release, version: publicAs }],
  } as const
  const cancel = {
    choice: 'cancel',
    does: 'The release is canceled, and what is public of it is taken back.',
    steps: [{ at: 'release', action: 'cancel', id: release }],
  } as const
  return {
    id: `published-early:${id}`,
    kind: 'published-early',
    things: [id, release],
    says: `The release ${release} is ${state} for the coordinator, but the ${service} has published its part${publicAs ? `, as ${publicAs}` : ''}.`,
    choices: state === 'staged' ? [publish, cancel] : [cancel],
  }
}

/** A release that is published stays so: what lacks is made up for where it can be. */
function ofPublished(task: Task, number: string, own?: OwnTask): Disagreement | undefined {
  const { id, service, state, release } = task
  if (state !== 'published' || own?.state === 'publishing') return undefined
  const things = [id, release]
  if (own?.state === 'published') {
    if (own.version === undefined || own.version === number) return undefined
    return {
      id: `version-differs:${id}`,
      kind: 'version-differs',
      things,
      says: `The release ${release} is published as ${number}, and its versions are online as ${own.version}.`,
      settles: `The versions are named ${number}, unless somebody has named them otherwise.`,
      steps: [{ at: service, action: 'publish', id, release }],
    }
  }
  if (service === 'catalog') {
    return {
      id: `version-missing:${id}`,
      kind: 'version-missing',
      things,
      says: `The release ${release} is published, but its versions are not online: the catalog has its task ${id} ${own ? own.state : 'no more'}.`,
      settles: 'The versions are made of the files that were reported, and brought online.',
      steps: [{ at: 'catalog', action: 'publish', id, release }],
    }
  }
  if (own?.state === 'staged') return missed(task)
  return {
    id: `files-missing:${id}`,
    kind: 'files-missing',
    things,
    says: `The release ${release} is published, but the exporter has its task ${id} ${own ? own.state : 'no more'}: the files that it made cannot be had. Restore a newer backup of the exporter, or release anew.`,
  }
}

/** What the exporter would make now is not what was staged, and may be in versions already. */
function ofFiles(facts: ReleaseFacts, state: string): Disagreement | undefined {
  const { id: release, lostFiles, tasks, own } = facts
  const states = [...own.exporter.values()].map(one => one.state)
  const things = [release, ...lostFiles.slice(0, 10)]
  const says = `The versions of the release ${release} have links to ${lostFiles.length} files that the exporter does not have.`
  if (state === 'published') {
    // Where the exporter has no part in it (any more), this is said of its task.
    if (lostFiles.length === 0 || !states.some(one => one === 'publishing' || one === 'published')) return undefined
    return {
      id: `files-missing:${release}`,
      kind: 'files-missing',
      things,
      says: `${says} Restore a newer backup of the exporter, or release anew.`,
    }
  }
  const makesAnew = [...tasks].find(([id, task]) => isMadeAnew(task, own.exporter.get(id)))?.[0]
  const hasPart = states.some(one => !ended.has(one))
  if (makesAnew === undefined && (lostFiles.length === 0 || !hasPart)) return undefined
  const task = makesAnew ?? [...tasks].find(([, { service }]) => service === 'exporter')?.[0] ?? [...tasks.keys()][0]
  if (task === undefined) return undefined
  return {
    id: `files-lost:${release}`,
    kind: 'files-lost',
    things,
    says: lostFiles.length > 0 ? says : `The exporter has forgotten the files that it made for the release ${release}.`,
    settles: 'The task of the exporter counts as failed, and the release with it, so that it can be made again.',
    steps: [{ at: 'coordinator', action: 'lose-task', id: task }],
  }
}

/** The exporter has reported files of the task, and is before that again. */
const isMadeAnew = ({ service, state }: CoordinatorTask, own?: OwnTask): boolean =>
  service === 'exporter' &&
  (state === 'staged' || state === 'publishing') &&
  (own?.state === 'initialized' || own?.state === 'running')

function ofOwn(facts: ReleaseFacts, service: Participant, id: string, state: string): Disagreement | undefined {
  const { id: release, release: known } = facts
  if (ended.has(state) || (known && !ended.has(known.state))) return undefined
  const steps = [{ at: service, action: 'withdraw', id: release }] as const
  const things = [id, release]
  const isPublic = state === 'published' || state === 'publishing'
  if (!known && isPublic) {
    return {
      id: `release-unknown:${id}`,
      kind: 'release-unknown',
      things,
      says: `The ${service} has published its part in the release ${release}, which the coordinator does not know. Restore a newer backup of the coordinator, leave it, or withdraw it.`,
      choices: [{ choice: 'withdraw', does: `What the ${service} made for the release is removed.`, steps }],
    }
  }
  return {
    id: `left-over:${id}`,
    kind: 'left-over',
    things,
    says: `The ${service} has the task ${id} (${state}) of the release ${release}, which ${known ? `is ${known.state}` : 'the coordinator does not know'}.`,
    settles: `The ${service} takes back what it made for the release.`,
    steps,
  }
}

function ofSchedule(schedule: string, release: string): Disagreement {
  return {
    id: `schedule-release-unknown:${schedule}`,
    kind: 'schedule-release-unknown',
    things: [schedule, release],
    says: `The schedule ${schedule} has started the release ${release}, which the coordinator does not know.`,
    choices: [
      {
        choice: 'start-again',
        does: 'The schedule starts its release again.',
        steps: [{ at: 'catalog', action: 'start-again', id: schedule, release }],
      },
    ],
  }
}
