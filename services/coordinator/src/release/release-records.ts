import {
  type EventType,
  idPrefixes,
  newId,
  type ReleaseState,
  releaseEvents,
  type TaskState,
  taskEvents,
} from '@slipway/contracts'
import { type Fault, faultText } from '../command/fault.ts'
import type { CommandAction, Ending, Release, ReleaseChange } from './release.ts'

/** A change with who made it. */
export type AttributedChange = {
  readonly change: ReleaseChange
  readonly actor: string
  readonly traceparent: string | undefined
}

/** What the records need to know of a release beyond what decides its course. */
export type ReleaseFacts = {
  readonly name: string
  readonly author: string
  readonly studies: readonly string[]
  /** Before the changes. */
  readonly version: string
  /** After them; another one only where the release gets published. */
  readonly finalVersion: string
  readonly seq: number
  readonly taskSeq: ReadonlyMap<string, number>
  readonly serviceNames: ReadonlyMap<string, string>
}

export type LogRow = {
  readonly kf_id: string
  readonly event_type: 'info' | 'error'
  readonly message: string
  readonly task: string | null
  readonly task_service: string | null
}

export type OutboxRow = {
  readonly noun: string
  readonly verb: string
  readonly aggregate: string
  readonly sequence: number
  readonly actor: string
  readonly traceparent: string | undefined
  readonly data: unknown
}

export type ReleaseRecords = {
  readonly log: readonly LogRow[]
  readonly outbox: readonly OutboxRow[]
  readonly commands: readonly { readonly action: CommandAction; readonly task: string | null }[]
  readonly cancelReasons: ReadonlyMap<string, Ending>
  readonly faults: ReadonlyMap<string, Fault>
  /** Numbers of the newest events afterwards. */
  readonly seq: number
  readonly taskSeq: ReadonlyMap<string, number>
}

/**
 * The rows that a list of changes leaves behind: the entries of the log, in the words that clients of the Kids First
 * Release Coordinator read the state from, the events of the bus, and the commands.
 */
export function recordsOf(release: Release, facts: ReleaseFacts, changes: readonly AttributedChange[]): ReleaseRecords {
  const log: LogRow[] = []
  const outbox: OutboxRow[] = []
  const commands: { action: CommandAction; task: string | null }[] = []
  const cancelReasons = new Map<string, Ending>()
  const faults = new Map<string, Fault>()
  const taskSeq = new Map(facts.taskSeq)
  const tasks = new Map([...release.tasks].map(([id, task]) => [id, { ...task }]))
  let seq = facts.seq

  const entry = (to: string, message: string, by: AttributedChange, task: string | null) => {
    const row: LogRow = {
      kf_id: newId(idPrefixes.event),
      event_type: to === 'failed' || to === 'rejected' ? 'error' : 'info',
      message,
      task,
      task_service: task ? (tasks.get(task)?.service ?? null) : null,
    }
    log.push(row)
    const data = {
      event_type: row.event_type,
      message,
      task_service: row.task_service,
      task,
      release: release.id,
    }
    outbox.push({ noun: 'event', verb: 'recorded', aggregate: row.kf_id, sequence: 1, ...origin(by), data })
  }

  const taskEvent = (type: EventType, id: string, by: AttributedChange, previous: TaskState | null) => {
    const task = tasks.get(id)
    if (!task) return
    const sequence = (taskSeq.get(id) ?? 0) + 1
    taskSeq.set(id, sequence)
    const reason = cancelReasons.get(id)
    const fault = faults.get(id)
    const data = {
      task_id: id,
      release_id: release.id,
      task_service_id: task.service,
      service_name: task.service ? (facts.serviceNames.get(task.service) ?? null) : null,
      state: task.state,
      previous_state: previous,
      progress: task.progress,
      author: facts.author,
      ...(reason && { cancel_reason: reason }),
      ...(fault && { fault: faultText(fault) }),
    }
    outbox.push({ noun: type.noun, verb: type.verb, aggregate: id, sequence, ...origin(by), data })
  }

  for (const by of changes) {
    const { change } = by
    switch (change.type) {
      case 'release-moved': {
        const version = change.to === 'published' ? facts.finalVersion : facts.version
        const { id } = release
        entry(change.to, `release ${id}, version ${version} changed from ${change.from} to ${change.to}`, by, null)
        seq += 1
        const data = {
          release_id: id,
          name: facts.name,
          state: change.to,
          previous_state: change.from,
          version,
          studies: facts.studies,
          author: facts.author,
        }
        outbox.push({ ...releaseEventName(change.to), aggregate: id, sequence: seq, ...origin(by), data })
        break
      }
      case 'task-created':
        tasks.set(change.task.id, { ...change.task })
        taskEvent(taskEvents.waiting, change.task.id, by, null)
        break
      case 'task-moved': {
        const task = tasks.get(change.task)
        if (task) tasks.set(change.task, { ...task, state: change.to })
        if (change.reason) cancelReasons.set(change.task, change.reason)
        if (change.fault) faults.set(change.task, change.fault)
        entry(change.to, `task ${change.task} changed from ${change.from} to ${change.to}`, by, change.task)
        taskEvent(taskEvents[change.to], change.task, by, change.from)
        break
      }
      case 'task-progressed': {
        const task = tasks.get(change.task)
        if (task) tasks.set(change.task, { ...task, progress: change.progress })
        taskEvent(taskEvents.progressed, change.task, by, task?.state ?? null)
        break
      }
      case 'command-issued':
        commands.push({ action: change.action, task: change.task ?? null })
        break
      case 'fault-noted':
        entry(
          'failed',
          faultText(change.fault, change.request && `request to ${change.request} failed`),
          by,
          change.task,
        )
        break
    }
  }
  return { log, outbox, commands, cancelReasons, faults, seq, taskSeq }
}

function releaseEventName(state: ReleaseState) {
  const { noun, verb } = releaseEvents[state]
  return { noun, verb }
}

function origin({ actor, traceparent }: AttributedChange) {
  return { actor, traceparent }
}
