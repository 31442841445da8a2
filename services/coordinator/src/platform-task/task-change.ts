import { finalTaskStatuses, type TaskStatus, taskStatuses } from '@slipway/contracts'
import { type JobEvent, kindOfNoun } from './job-kinds.ts'

/** What is to become of an entry of the registry; one entry is made of all the events of a transaction. */
export type TaskChange = {
  readonly id: string
  /** False: the entry is changed if it is there, and not made if it is not. */
  readonly begins: boolean
  readonly kind: string
  readonly name: string
  readonly application: string
  readonly created_by: string
  readonly owner: string
  readonly subject: string | null
  /** Null: it stays. */
  readonly status: TaskStatus | null
  /** Some work was done, whatever the status is by now. */
  readonly started: boolean
  readonly ended: boolean
  readonly done: number | null
  readonly total: number | null
  readonly metadata: unknown
  readonly result: unknown
  readonly errors: unknown
  /** Time of the event; null: now. */
  readonly at: string | null
}

const startedStatuses: ReadonlySet<TaskStatus | null> = new Set(['STARTING', 'RUNNING', 'DONE'])

/** Reads an event of a job; undefined for events that are about something else. */
export function taskChangeOf(event: JobEvent, at: string | null = null): TaskChange | undefined {
  const kind = kindOfNoun(event.noun)
  const data = (event.data ?? {}) as Readonly<Record<string, unknown>>
  if (!kind || !event.aggregate.startsWith(`${kind.prefix}_`)) return undefined
  const stated = Object.hasOwn(kind.statuses, event.verb) ? kind.statuses[event.verb] : undefined
  const status = typeof stated === 'function' ? stated(data) : (stated ?? null)
  const progress = kind.progress?.(data)
  if (status === null && !progress) return undefined
  const ended = status !== null && finalTaskStatuses.has(status)
  const message = status === 'KILLED' ? 'The task was stopped.' : (kind.error?.(data) ?? 'The task failed.')
  return {
    id: event.aggregate,
    begins: kind.begins.includes(event.verb),
    kind: kind.kind,
    name: kind.name(data, event.actor),
    application: kind.application,
    created_by: kind.createdBy(data, event.actor),
    owner: event.actor,
    subject: kind.subject?.(data) ?? null,
    status,
    started: startedStatuses.has(status),
    ended,
    done: progress?.done ?? null,
    total: progress?.total ?? null,
    metadata: kind.metadata?.(data) ?? null,
    result: status === 'DONE' ? (kind.result?.(data) ?? {}) : null,
    errors: ended && status !== 'DONE' ? [{ stage: kind.kind, stack: [{ type: status, message }] }] : null,
    at,
  }
}

export const rankOf = (status: TaskStatus) => Math.min(taskStatuses.indexOf(status), taskStatuses.indexOf('DONE'))

/** Changes of the same task in one transaction are one change: what it was first, and how far it got. */
export function foldChanges(changes: readonly TaskChange[]): TaskChange[] {
  const folded = new Map<string, TaskChange>()
  for (const change of changes) {
    const before = folded.get(change.id)
    folded.set(change.id, before ? merge(before, change) : change)
  }
  return [...folded.values()]
}

function merge(before: TaskChange, after: TaskChange): TaskChange {
  if (before.ended) return before
  const moves = after.status !== null && (before.status === null || rankOf(after.status) > rankOf(before.status))
  return {
    ...before,
    begins: before.begins || after.begins,
    status: moves ? after.status : before.status,
    started: before.started || after.started,
    ended: after.ended,
    done: after.done ?? before.done,
    total: after.total ?? before.total,
    result: after.result,
    errors: after.errors,
    at: after.at,
  }
}
