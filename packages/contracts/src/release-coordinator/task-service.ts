import { z } from 'zod'
import { everybody } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { body, partialBody } from '../rest-framework/body.ts'
import { field, notNull, refuse } from '../rest-framework/field.ts'
import { listInput, pageOf } from '../rest-framework/page.ts'
import { flag, readText, text } from '../rest-framework/scalar.ts'
import { idParameter, timestamp } from './ids.ts'

export const taskServiceSchema = z
  .object({
    kf_id: z.string(),
    name: z.string(),
    description: z.string(),
    last_ok_status: z.int().meta({ description: 'Failed health checks since the last good one' }),
    author: z.string(),
    health_status: z.enum(['ok', 'down']),
    url: z.string(),
    created_at: timestamp,
    enabled: z.boolean().meta({ description: 'Only enabled services take part in new releases' }),
  })
  .meta({ id: 'TaskService', description: 'A system that does one step of every release' })

/** The platform's own operations are not for everybody to send messages to. */
const allowedUrl = /^(?:http|nats:\/\/(?!slipway\.v1\.))/

const serviceUrl = () =>
  field<string>({ schema: { type: 'string', maxLength: 200, examples: ['http://etl-task-service'] } }, value => {
    if (value === null) return notNull
    const result = readText(value, 200, false)
    if (typeof result !== 'string') return result
    return allowedUrl.test(result) ? result : refuse('invalid_url', 'Enter a valid URL.')
  })

const fields = {
  name: text({ max: 100 }),
  description: text({ max: 500 }),
  author: text({ max: 100 }),
  url: serviceUrl(),
  enabled: flag().default(true),
}

export const healthCheckSchema = z
  .object({
    checked_at: timestamp,
    ok: z.boolean(),
    duration_ms: z.int(),
    detail: z.string().nullable().meta({ description: 'What was wrong; null when it was good' }),
  })
  .meta({ id: 'HealthCheck', description: 'One look at GET {url}/status of a task service' })

const kf_id = idParameter

export const taskServiceOperations = {
  list: operation('registry.task-service.list', {
    summary: 'Lists task services, newest first',
    effect: 'read',
    audience: everybody,
    input: listInput({ enabled: z.string().optional() }),
    output: pageOf(taskServiceSchema),
  }),
  get: operation('registry.task-service.get', {
    summary: 'Reads one task service',
    effect: 'read',
    audience: everybody,
    input: z.object({ kf_id }),
    output: taskServiceSchema,
    errors: ['not_found'],
  }),
  create: operation('registry.task-service.create', {
    summary: 'Registers a task service after reaching its status page',
    effect: 'write',
    input: z.object({ body: body(fields) }),
    output: taskServiceSchema,
    errors: ['unauthenticated', 'forbidden'],
  }),
  replace: operation('registry.task-service.replace', {
    summary: 'Replaces a task service; its status page must answer',
    effect: 'write',
    input: z.object({ kf_id, body: body(fields) }),
    output: taskServiceSchema,
    errors: ['unauthenticated', 'forbidden', 'not_found'],
  }),
  update: operation('registry.task-service.update', {
    summary: 'Changes a task service, e.g. enables or disables it; a url in the body is checked',
    effect: 'write',
    input: z.object({ kf_id, body: partialBody(fields) }),
    output: taskServiceSchema,
    errors: ['unauthenticated', 'forbidden', 'not_found'],
  }),
  delete: operation('registry.task-service.delete', {
    summary: 'Deletes a task service; releases that wait for it fail',
    effect: 'write',
    input: z.object({ kf_id }),
    output: z.void(),
    errors: ['unauthenticated', 'forbidden', 'not_found'],
  }),
  check: operation('registry.task-service.check', {
    summary: 'Queues a health check of every task service',
    effect: 'write',
    input: z.object({}),
    output: z.object({ status: z.literal('ok') }),
  }),
  history: operation('registry.task-service.history', {
    summary: 'Lists the health checks of a task service, newest first',
    effect: 'read',
    audience: everybody,
    input: listInput({ kf_id }),
    output: pageOf(healthCheckSchema),
    errors: ['not_found'],
  }),
}

const taskServiceEvent = (name: `${string}.${string}`, summary: string) =>
  eventType(name, { summary, audience: everybody, data: taskServiceSchema })

export const taskServiceEvents = {
  created: taskServiceEvent('task-service.created', 'A task service was registered'),
  updated: taskServiceEvent('task-service.updated', 'A task service was changed, enabled or disabled'),
  deleted: taskServiceEvent('task-service.deleted', 'A task service was deleted; the data is its last state'),
  wentDown: taskServiceEvent('task-service.down', 'A task service failed more health checks than tolerated'),
  recovered: taskServiceEvent('task-service.recovered', 'A task service that was down answers again'),
}
