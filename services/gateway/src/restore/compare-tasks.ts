import type { Disagreement } from './disagreement.ts'
import type { Facts, Participant, TaskFact } from './facts.ts'

const participants = ['exporter', 'catalog'] as const
const ended = new Set(['canceled', 'failed'])
const over = (state: string | undefined) => state !== undefined && ended.has(state)
/** Tasks in these states wait for their service; earlier ones are begun by a command that is still to be sent. */
const waiting = new Set(['running', 'staged', 'publishing'])

type CoordinatorTask = TaskFact & { readonly service: Participant }

/** Where the coordinator and its participants do not agree on tasks: from the coordinator's side, then from theirs. */
export function* compareTasks(facts: Facts): Generator<Disagreement> {
  for (const [id, task] of facts.tasks) {
    const release = facts.releases.get(task.release)
    if (!release || over(release.state) || release.state === 'canceling') continue
    const own = facts.own[task.service].get(id)
    const found = release.state === 'published' ? ofPublished(id, task, own) : ofLive(id, task, release.state, own)
    if (found) yield found
  }
  for (const service of participants) {
    for (const [id, own] of facts.own[service]) {
      const found = ofOwn(facts, service, id, own)
      if (found) yield found
    }
  }
}

function ofLive(id: string, task: CoordinatorTask, release: string, own?: TaskFact): Disagreement | undefined {
  const { service, state } = task
  const things = [id, task.release]
  if (!own) {
    if (!waiting.has(state)) return undefined
    return {
      id: `task-unknown:${id}`,
      kind: 'task-unknown',
      things,
      says: `The coordinator waits for the task ${id} (${state}), which the ${service} does not know.`,
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
  if (state === 'publishing' && own.state === 'staged') return missed(id, task)
  if (release === 'staged' && state === 'staged' && own.state === 'published') {
    return {
      id: `published-early:${id}`,
      kind: 'published-early',
      things,
      says: `The release ${task.release} is staged for the coordinator, but the ${service} has published its part.`,
      choices: [
        {
          choice: 'publish',
          does: 'The release is published, under a new number if its own was given elsewhere.',
          steps: [{ at: 'release', action: 'publish', id: task.release }],
        },
        {
          choice: 'cancel',
          does: 'The release is canceled, and what is public of it is taken back.',
          steps: [{ at: 'release', action: 'cancel', id: task.release }],
        },
      ],
    }
  }
  return undefined
}

function missed(id: string, { service, state, release }: CoordinatorTask): Disagreement {
  return {
    id: `publish-missed:${id}`,
    kind: 'publish-missed',
    things: [id, release],
    says: `The task ${id} is ${state} for the coordinator, but the ${service} was not asked to publish it.`,
    settles: `The ${service} publishes its part.`,
    steps: [{ at: service, action: 'publish', id, release }],
  }
}

/** A release that is published stays so: what lacks is made up for where it can be. */
function ofPublished(id: string, task: CoordinatorTask, own?: TaskFact): Disagreement | undefined {
  const { service, state, release } = task
  if (state !== 'published' || own?.state === 'published' || own?.state === 'publishing') return undefined
  if (service === 'catalog') {
    return {
      id: `version-missing:${id}`,
      kind: 'version-missing',
      things: [id, release],
      says: `The release ${release} is published, but its versions are not online: the catalog has its task ${id} ${own ? own.state : 'no more'}.`,
      settles: 'The versions are made of the files that were reported, and brought online.',
      steps: [{ at: 'catalog', action: 'publish', id, release }],
    }
  }
  if (own?.state === 'staged') return missed(id, task)
  return {
    id: `files-missing:${id}`,
    kind: 'files-missing',
    things: [id, release],
    says: `The release ${release} is published, but the exporter has its task ${id} ${own ? own.state : 'no more'}: the files that it made cannot be had. Restore a newer backup of the exporter, or release anew.`,
  }
}

function ofOwn(facts: Facts, service: Participant, id: string, own: TaskFact): Disagreement | undefined {
  const release = facts.releases.get(own.release)
  if (over(own.state) || (release && !over(release.state))) return undefined
  const steps = [{ at: service, action: 'withdraw', id: own.release }] as const
  const things = [id, own.release]
  const isPublic = own.state === 'published' || own.state === 'publishing'
  if (!release && isPublic) {
    return {
      id: `release-unknown:${id}`,
      kind: 'release-unknown',
      things,
      says: `The ${service} has published its part in the release ${own.release}, which the coordinator does not know. Restore a newer backup of the coordinator, leave it, or withdraw it.`,
      choices: [{ choice: 'withdraw', does: `What the ${service} made for the release is removed.`, steps }],
    }
  }
  return {
    id: `left-over:${id}`,
    kind: 'left-over',
    things,
    says: `The ${service} has the task ${id} (${own.state}) of the release ${own.release}, which ${release ? `is ${release.state}` : 'the coordinator does not know'}.`,
    settles: `The ${service} takes back what it made for the release.`,
    steps,
  }
}
