import { z } from 'zod'
import { some } from '../audience.ts'
import { eventType } from '../event.ts'
import { fitText } from '../fit-values.ts'
import { operation } from '../operation.ts'
import { among, signedIn } from '../read-audience.ts'
import { paginationSchema, taskInfoSchema, taskStatuses, textParameter, versionMessage } from './task-info.ts'

const id = z
  .string()
  .max(20_000)
  .transform(fitText)
  .meta({ description: 'Id of any task of the platform; an odd one is not found' })
const ifNoneMatch = z.string().optional()
const known = ['unauthenticated'] as const

const errorSchema = z.object({
  stage: z.string(),
  stack: z.array(z.object({ type: z.string(), message: z.string() })),
})
const conditionSchema = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: z.string().meta({ format: 'date-time' }),
})

/** The output of an ODM job, extended. Of `result` and `errors` one is filled once the task has ended, and none before. */
const outputSchema = z
  .object({
    status: z.string().meta({ description: 'Of the task; under /jobs, of the job' }),
    progress: z.object({ done: z.int().min(0), total: z.int().min(0) }).nullable(),
    result: z.record(z.string(), z.unknown()).nullable(),
    errors: z.array(errorSchema),
    conditions: z.array(conditionSchema),
    attempt: z.int().min(0),
    createdAt: z.int().meta({ format: 'int64', description: 'Epoch milliseconds' }),
    metadata: z.record(z.string(), z.unknown()).nullable().meta({ description: 'What the task is about' }),
  })
  .meta({ id: 'TaskOutput' })

export const platformTaskOperations = {
  get: operation('coordinator.platform-task.get', {
    summary: 'Reads any task of the platform',
    effect: 'read',
    audience: signedIn,
    input: z.object({ id, ifNoneMatch }),
    output: taskInfoSchema,
    errors: [...known, 'not_found'],
  }),
  list: operation('coordinator.platform-task.list', {
    summary:
      'Lists tasks that the caller started or that everybody may read about, with ACCESS_ALL_DATA all; newest first',
    effect: 'read',
    audience: among('signed-in', some(['all-data'], { account: 'createdBy' })),
    flow: 'streamed-answer',
    input: z.object({
      status: textParameter,
      application: textParameter,
      createdBy: textParameter,
      pageLimit: textParameter.meta({ description: '1 to 2000; default 100' }),
      pageOffset: textParameter,
    }),
    output: z.object({ meta: paginationSchema, data: z.array(taskInfoSchema) }),
    errors: known,
  }),
  output: operation('coordinator.platform-task.output', {
    summary: 'What came of a task; for who started it, and for holders of ACCESS_ALL_DATA',
    effect: 'read',
    audience: among('signed-in', some(['all-data'], { account: 'createdBy' })),
    input: z.object({
      id,
      ifNoneMatch,
      form: z.enum(['task', 'job']).default('task').meta({ description: '`job`: with the statuses of ODM jobs' }),
    }),
    output: outputSchema,
    errors: [...known, 'forbidden', 'not_found'],
  }),
  stop: operation('coordinator.platform-task.stop', {
    summary: 'Asks a task to stop; one that has ended, or cannot be stopped, stays as it is',
    effect: 'write',
    input: z.object({ id }),
    output: taskInfoSchema,
    errors: [...known, 'forbidden', 'not_found', 'key_reused'],
  }),
  publish: operation('coordinator.platform-task.publish', {
    summary: 'Starts publishing all pending versions of all studies',
    effect: 'write',
    input: z.object({ versionMessage }),
    output: taskInfoSchema,
    errors: [...known, 'forbidden', 'key_reused'],
  }),
  preview: operation('coordinator.platform-task.preview', {
    summary: 'What would be published now',
    effect: 'read',
    audience: some(['publisher']),
    flow: 'streamed-answer',
    input: z.object({}),
    output: z.object({
      meta: paginationSchema,
      data: z.array(z.object({ accession: z.string(), version: z.string(), draftRevision: z.int() })),
    }),
    errors: [...known, 'forbidden'],
  }),
}

const platformTaskEvent = (verb: string, summary: string) =>
  eventType(`platform-task.${verb}`, {
    summary,
    audience: some(['all-data'], { account: 'actor' }),
    data: z.object({
      task_id: z.string(),
      kind: z.string().meta({ examples: ['publish-all', 'publish-study', 'study-import', 'study-mirror'] }),
      name: z.string(),
      status: z.enum(taskStatuses),
      subject: z.string().nullable().meta({ description: 'Accession of the study it is about' }),
    }),
  })

/** Of the jobs that the coordinator runs itself; jobs of other services are told of by their own events. */
export const platformTaskEvents = {
  created: platformTaskEvent('created', 'A job was recorded and waits to be run'),
  started: platformTaskEvent('started', 'A job is being run'),
  done: platformTaskEvent('done', 'A job ended well'),
  failed: platformTaskEvent('failed', 'A job failed'),
  killed: platformTaskEvent('killed', 'A job was stopped'),
}
