import { z } from 'zod'
import { everybody } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { body, partialBody } from '../rest-framework/body.ts'
import { keyList, textList } from '../rest-framework/list.ts'
import { listInput, pageOf } from '../rest-framework/page.ts'
import { flag, text } from '../rest-framework/scalar.ts'
import { idOfLink, idParameter, timestamp } from './ids.ts'
import { releaseNoteSchema } from './release-note.ts'
import { taskSchema } from './task.ts'

export const releaseStates = [
  'waiting',
  'initializing',
  'running',
  'staged',
  'publishing',
  'published',
  'canceling',
  'canceled',
  'failed',
] as const
export type ReleaseState = (typeof releaseStates)[number]

export const releaseSchema = z
  .object({
    kf_id: z.string(),
    name: z.string(),
    description: z.string(),
    notes: z.array(releaseNoteSchema),
    state: z.enum(releaseStates),
    studies: z.array(z.string()),
    tasks: z.array(taskSchema),
    version: z.string().meta({ examples: ['0.7.0'] }),
    created_at: timestamp,
    tags: z.array(z.string()),
    author: z.string(),
    is_major: z.boolean(),
  })
  .meta({ id: 'Release', description: 'A group of studies that is made public together, under one version' })

const fields = {
  name: text({ max: 256 }),
  description: text({ max: 5000, blank: true }).default(''),
  studies: keyList({ empty: 'Must have at least one study', keyOf: item => idOfLink('studies', item) }),
  tags: textList({ max: 50 }).default([]),
  author: text({ max: 100 }).default('admin'),
  is_major: flag().default(false),
}

const kf_id = idParameter
const signedIn = ['unauthenticated', 'forbidden'] as const

export const releaseOperations = {
  list: operation('coordinator.release.list', {
    summary: 'Lists releases with their tasks and notes, newest first',
    effect: 'read',
    audience: everybody,
    input: listInput({ state: z.string().optional() }),
    output: pageOf(releaseSchema),
  }),
  get: operation('coordinator.release.get', {
    summary: 'Reads one release with its tasks and notes',
    effect: 'read',
    audience: everybody,
    input: z.object({ kf_id }),
    output: releaseSchema,
    errors: ['not_found'],
  }),
  create: operation('coordinator.release.create', {
    summary: 'Starts a release over all enabled task services',
    effect: 'write',
    input: z.object({ body: body(fields) }),
    output: releaseSchema,
    errors: [...signedIn, 'key_reused'],
  }),
  update: operation('coordinator.release.update', {
    summary: 'Changes a release',
    effect: 'write',
    input: z.object({ kf_id, body: partialBody(fields) }),
    output: releaseSchema,
    errors: [...signedIn, 'not_found', 'refused'],
  }),
  replace: operation('coordinator.release.replace', {
    summary: 'Replaces what can be changed of a release',
    effect: 'write',
    input: z.object({ kf_id, body: body(fields) }),
    output: releaseSchema,
    errors: [...signedIn, 'not_found', 'refused'],
  }),
  cancel: operation('coordinator.release.cancel', {
    summary: 'Cancels a release; one that has ended stays as it is',
    effect: 'write',
    input: z.object({ kf_id }),
    output: releaseSchema,
    errors: [...signedIn, 'not_found'],
  }),
  publish: operation('coordinator.release.publish', {
    summary: 'Publishes a staged release',
    effect: 'write',
    input: z.object({ kf_id }),
    output: z.object({ message: z.literal('publishing') }),
    errors: [...signedIn, 'not_found', 'refused'],
  }),
  check: operation('coordinator.release.check', {
    summary: 'Queues a check of every release that is under way',
    effect: 'write',
    input: z.object({}),
    output: z.object({ status: z.literal('ok'), message: z.string() }),
  }),
}

export const releaseEventSchema = z.object({
  release_id: z.string(),
  name: z.string(),
  state: z.enum(releaseStates),
  previous_state: z.enum(releaseStates).nullable().meta({ description: 'null for a release that was just created' }),
  version: z.string(),
  studies: z.array(z.string()),
  author: z.string().optional(),
  study_versions: z
    .record(z.string(), z.string())
    .nullish()
    .meta({ description: 'Of a release that was created: the metadata version that each study had then' }),
})

const releaseEvent = (name: `${string}.${string}`, summary: string) =>
  eventType(name, { summary, audience: everybody, data: releaseEventSchema })

/** One for each state that a release reaches, and one for changes of its description. */
export const releaseEvents = {
  waiting: releaseEvent('release.created', 'A release was created'),
  initializing: releaseEvent('release.initializing', 'The task services are asked to take part'),
  running: releaseEvent('release.running', 'All task services take part and have been started'),
  staged: releaseEvent('release.staged', 'All task services are ready; the release waits to be published'),
  publishing: releaseEvent('release.publishing', 'The task services make their parts public'),
  published: releaseEvent('release.published', 'The release is public under its final version'),
  canceling: releaseEvent('release.canceling', 'The release is being canceled'),
  canceled: releaseEvent('release.canceled', 'The release was canceled'),
  failed: releaseEvent('release.failed', 'The release failed'),
  updated: releaseEvent('release.updated', 'The description of a release was changed'),
}

/** What people may write of a release. */
export type ReleaseFields = z.output<z.ZodObject<typeof fields>>
