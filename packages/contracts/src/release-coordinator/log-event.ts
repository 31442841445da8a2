import { z } from 'zod'
import { everybody } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { body, partialBody } from '../rest-framework/body.ts'
import { listInput, pageOf } from '../rest-framework/page.ts'
import { choice, text } from '../rest-framework/scalar.ts'
import { idParameter, releaseLinkOrNull, taskLinkOrNull, taskServiceLinkOrNull, timestamp, url } from './ids.ts'

/** Entries of the log that the API calls "events"; the events of the bus are something else and named after what happened. */
export const logEventSchema = z
  .object({
    kf_id: z.string(),
    event_type: z.enum(['info', 'warning', 'error']),
    message: z.string(),
    release: url.nullable(),
    task_service: url.nullable(),
    task: url.nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'Event', description: 'An entry in the log of releases and tasks' })

const fields = {
  event_type: choice(['info', 'warning', 'error']).default('info'),
  message: text({ max: 1000 }),
  release: releaseLinkOrNull().default(null),
  task_service: taskServiceLinkOrNull().default(null),
  task: taskLinkOrNull().default(null),
}

const kf_id = idParameter
const writeErrors = ['unauthenticated', 'forbidden', 'not_found'] as const

export const logEventOperations = {
  list: operation('coordinator.event.list', {
    summary: 'Lists events, newest first',
    effect: 'read',
    audience: everybody,
    input: listInput({
      release: z.string().optional(),
      task_service: z.string().optional(),
      task: z.string().optional(),
      study: z.string().optional(),
    }),
    output: pageOf(logEventSchema),
  }),
  get: operation('coordinator.event.get', {
    summary: 'Reads one event',
    effect: 'read',
    audience: everybody,
    input: z.object({ kf_id }),
    output: logEventSchema,
    errors: ['not_found'],
  }),
  create: operation('coordinator.event.create', {
    summary: 'Adds an event to the log',
    effect: 'write',
    input: z.object({ body: body(fields) }),
    output: logEventSchema,
    errors: ['unauthenticated', 'forbidden', 'rate_limited'],
  }),
  update: operation('coordinator.event.update', {
    summary: 'Changes an event',
    effect: 'write',
    input: z.object({ kf_id, body: partialBody(fields) }),
    output: logEventSchema,
    errors: writeErrors,
  }),
  replace: operation('coordinator.event.replace', {
    summary: 'Replaces an event',
    effect: 'write',
    input: z.object({ kf_id, body: body(fields) }),
    output: logEventSchema,
    errors: writeErrors,
  }),
  delete: operation('coordinator.event.delete', {
    summary: 'Deletes an event',
    effect: 'write',
    input: z.object({ kf_id }),
    output: z.void(),
    errors: writeErrors,
  }),
}

/** Same payload, in the same key order, as the notification that the Kids First coordinator sends for a new event. */
export const logEventEvents = {
  recorded: eventType('event.recorded', {
    summary: 'An event was added to the log',
    audience: everybody,
    data: z.object({
      event_type: z.enum(['info', 'warning', 'error']),
      message: z.string(),
      task_service: z.string().nullable(),
      task: z.string().nullable(),
      release: z.string().nullable(),
    }),
  }),
}

/** What may be written of an event. */
export type LogEventFields = z.output<z.ZodObject<typeof fields>>
