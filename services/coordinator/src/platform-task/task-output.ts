import { finalTaskStatuses, type OutputOf, type platformTaskOperations, type TaskStatus } from '@slipway/contracts'
import type { TaskOutputRow } from './platform-task.store.ts'

type TaskOutput = OutputOf<typeof platformTaskOperations.output>
type Condition = TaskOutput['conditions'][number]

/** What ODM calls the statuses of its jobs. */
const jobStatuses: Readonly<Record<TaskStatus, string>> = {
  CREATED: 'STARTING',
  QUEUEING: 'STARTING',
  QUEUED: 'STARTING',
  STARTING: 'STARTING',
  RUNNING: 'RUNNING',
  DONE: 'COMPLETED',
  FAILED: 'FAILED',
  BLOCKED_BY_DEPENDENCY_FAILURE: 'FAILED',
  KILLED: 'STOPPED',
}

export const jobStatusOf = (status: TaskStatus): string => jobStatuses[status]

/** The output of a task: nothing of it is there before the end, and then either a result or errors. */
export function outputOf(row: TaskOutputRow, form: 'task' | 'job'): TaskOutput {
  const ended = finalTaskStatuses.has(row.status)
  const result = row.status === 'DONE' ? (row.result ?? {}) : null
  return {
    status: form === 'job' ? jobStatusOf(row.status) : row.status,
    progress: row.progress,
    result,
    errors: ended && !result ? (row.errors ?? [unknownError(row)]) : [],
    conditions: conditionsOf(row),
    attempt: row.attempt,
    createdAt: row.createdAt,
    metadata: row.metadata,
  }
}

function unknownError({ status, kind }: TaskOutputRow) {
  return { stage: kind, stack: [{ type: status, message: 'The reason is not known.' }] }
}

function conditionsOf(row: TaskOutputRow): Condition[] {
  const { createdTime, startedTime, endedTime, status } = row
  const ended = endedTime !== null
  const accepted: Condition = {
    type: 'Accepted',
    status: 'True',
    reason: 'Recorded',
    message: 'The task was recorded.',
    lastTransitionTime: createdTime,
  }
  const complete: Condition = {
    type: row.kind.startsWith('publish') ? 'Published' : 'Complete',
    status: ended ? (status === 'DONE' ? 'True' : 'False') : 'Unknown',
    reason: status,
    message: ended ? 'The task has ended.' : 'The task has not ended.',
    lastTransitionTime: endedTime ?? startedTime ?? createdTime,
  }
  if (row.kind !== 'publish-all') return [accepted, complete]
  const holds = startedTime !== null && !ended
  const lock: Condition = {
    type: 'LockHeld',
    status: holds ? 'True' : 'False',
    reason: holds ? 'Running' : ended ? 'Ended' : 'Waiting',
    message: holds ? 'No other publish run of all studies is under way.' : 'One publish run of all studies at a time.',
    lastTransitionTime: endedTime ?? startedTime ?? createdTime,
  }
  return [accepted, lock, complete]
}
