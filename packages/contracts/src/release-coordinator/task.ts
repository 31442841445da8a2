import { z } from 'zod'
import { everybody } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { reportedFilesField } from '../release-content/reported-file.ts'
import { body, partialBody } from '../rest-framework/body.ts'
import { listInput, pageOf } from '../rest-framework/page.ts'
import { choice, integer } from '../rest-framework/scalar.ts'
import { idParameter, releaseLink, taskServiceLink, timestamp, url } from './ids.ts'

export const taskStates = [
  'waiting',
  'initialized',
  'running',
  'staged',
  'publishing',
  'published',
  'failed',
  'canceled',
  'rejected',
] as const
export type TaskState = (typeof taskStates)[number]

/** Why a task was canceled: because another one failed, or because somebody (or a time limit) ended the release. */
export const cancelReasons = ['fault', 'request', 'timeout', 'report'] as const
export type CancelReason = (typeof cancelReasons)[number]

export const taskSchema = z
  .object({
    kf_id: z.string(),
    state: z.enum(taskStates),
    progress: z.int().min(0).max(100),
    release: url,
    task_service: url.nullable(),
    created_at: timestamp,
    service_name: z.string().nullable(),
  })
  .meta({ id: 'Task', description: "One task service's part in one release" })

const progress = () => integer({ min: 0, max: 100 })
/** `pending` is what task services call `initialized`. */
const newTask = {
  state: choice([...taskStates, 'pending']).default('waiting'),
  progress: progress().default(0),
  release: releaseLink(),
  task_service: taskServiceLink(),
}
/** What a report changes; release and task service are fixed once the task exists, and ignored here. */
const files = () => reportedFilesField().optional()
const report = { state: choice(taskStates), progress: progress(), files: files() }
const replacement = {
  state: choice(taskStates).default('waiting'),
  progress: progress().default(0),
  files: files(),
}

const kf_id = idParameter
const writeErrors = ['unauthenticated', 'forbidden', 'not_found', 'refused'] as const

export const taskOperations = {
  list: operation('coordinator.task.list', {
    summary: 'Lists tasks, newest first',
    effect: 'read',
    audience: everybody,
    input: listInput({
      release: z.string().optional(),
      task_service: z.string().optional(),
      state: z.string().optional(),
    }),
    output: pageOf(taskSchema),
  }),
  get: operation('coordinator.task.get', {
    summary: 'Reads one task',
    effect: 'read',
    audience: everybody,
    input: z.object({ kf_id }),
    output: taskSchema,
    errors: ['not_found'],
  }),
  create: operation('coordinator.task.create', {
    summary: 'Records a task by hand; no task service is called',
    effect: 'write',
    input: z.object({ body: body(newTask) }),
    output: taskSchema,
    errors: ['unauthenticated', 'forbidden'],
  }),
  update: operation('coordinator.task.update', {
    summary: "A task service's report: state, progress, or both",
    effect: 'write',
    input: z.object({ kf_id, body: partialBody(report) }),
    output: taskSchema,
    errors: writeErrors,
  }),
  replace: operation('coordinator.task.replace', {
    summary: "A task service's report, with defaults for what it leaves out",
    effect: 'write',
    input: z.object({ kf_id, body: body(replacement) }),
    output: taskSchema,
    errors: writeErrors,
  }),
  check: operation('coordinator.task.check', {
    summary: 'Queues a status poll of every task that is running or publishing',
    effect: 'write',
    input: z.object({}),
    output: z.object({ status: z.literal('ok'), message: z.string() }),
  }),
}

export const taskEventSchema = z.object({
  task_id: z.string(),
  release_id: z.string(),
  task_service_id: z.string().nullable(),
  service_name: z.string().nullable(),
  state: z.enum(taskStates),
  previous_state: z.enum(taskStates).nullable().meta({ description: 'null for a task that was just created' }),
  progress: z.int(),
  cancel_reason: z.enum(cancelReasons).optional(),
  fault: z.string().optional().meta({
    description: 'Why the request to the task service failed or was refused, with the beginning of what it answered',
  }),
  author: z.string().optional().meta({ description: 'Of the release' }),
})

const taskEvent = (name: `${string}.${string}`, summary: string) =>
  eventType(name, { summary, audience: everybody, data: taskEventSchema })

/** One for each state that a task reaches, and for what changes without a change of state. */
export const taskEvents = {
  waiting: taskEvent('task.created', 'A task was created'),
  initialized: taskEvent('task.initialized', 'The task service accepted its part in the release'),
  rejected: taskEvent('task.rejected', 'The task service refused its part in the release'),
  running: taskEvent('task.running', 'The task service started its work'),
  staged: taskEvent('task.staged', 'The task service finished its work and waits for the release to be published'),
  publishing: taskEvent('task.publishing', 'The task service makes its part public'),
  published: taskEvent('task.published', 'The part of the task service is public'),
  failed: taskEvent('task.failed', 'The task failed'),
  canceled: taskEvent('task.canceled', 'The task was canceled'),
  progressed: taskEvent('task.progressed', 'The progress of a task changed'),
  deleted: taskEvent('task.deleted', 'A task was removed together with its task service'),
}
