import { z } from 'zod'
import { everybody, onlyService } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { idOfLink } from '../release-coordinator/ids.ts'
import { releaseSchema } from '../release-coordinator/release.ts'
import { body } from '../rest-framework/body.ts'
import { keyList, textList } from '../rest-framework/list.ts'
import { flag, text } from '../rest-framework/scalar.ts'

const fields = {
  name: text({ max: 256 }),
  description: text({ max: 5000, blank: true }).default(''),
  studies: keyList({ empty: 'Must have at least one study', keyOf: item => idOfLink('studies', item) }),
  tags: textList({ max: 50 }).default([]),
  is_major: flag().default(false),
}
export type ReleaseTemplateFields = z.output<z.ZodObject<typeof fields>>

export const releaseTemplateSchema = z
  .object({
    schedule: z.int(),
    name: z.string(),
    description: z.string(),
    studies: z.array(z.string()),
    tags: z.array(z.string()),
    is_major: z.boolean(),
    author: z.string().meta({ description: 'Who wrote it; the author of the release, too' }),
    date: z.string().meta({ format: 'date', description: 'Day of the schedule, in UTC' }),
    enabled: z.boolean().meta({ description: 'Whether this platform starts releases by itself' }),
    state: z.enum(['waiting', 'started']),
    release: z.string().nullable().meta({ description: 'The release that was started' }),
    attempts: z.int().meta({ description: 'That failed so far' }),
    error: z.string().nullable().meta({ description: 'Of the last attempt that failed; it will be tried again' }),
  })
  .meta({ id: 'ReleaseTemplate', description: 'The release that is started when the day of a schedule comes' })

const schedule = z.string().meta({ description: 'Id of the schedule' })
const writeErrors = ['unauthenticated', 'forbidden', 'not_found', 'conflict', 'key_reused'] as const

/** An addition to the API of PDC: what becomes of a schedule on its day. */
export const releaseTemplateOperations = {
  get: operation('catalog.release-template.get', {
    summary: 'Reads the release that a schedule starts',
    effect: 'read',
    audience: everybody,
    input: z.object({ schedule }),
    output: releaseTemplateSchema,
    errors: ['not_found'],
  }),
  put: operation('catalog.release-template.put', {
    summary: 'Has a schedule start a release on its day',
    effect: 'write',
    input: z.object({ schedule, body: body(fields) }),
    output: releaseTemplateSchema,
    errors: writeErrors,
  }),
  delete: operation('catalog.release-template.delete', {
    summary: 'Has a schedule start nothing any more',
    effect: 'write',
    input: z.object({ schedule }),
    output: z.void(),
    errors: writeErrors,
  }),
}

export const releaseTemplateEvents = {
  started: eventType('schedule.release-started', {
    summary: 'The day of a schedule came, and the release of its template was started',
    audience: everybody,
    data: z.object({ id: z.int(), release: z.string() }),
  }),
}

/** For the catalog, which knows when the day comes. */
export const scheduledReleaseOperations = {
  create: operation('coordinator.scheduled-release.create', {
    summary: 'Starts a release once for each id, however often and however late it is asked for again',
    effect: 'write',
    audience: onlyService('catalog'),
    input: z.object({
      id: z.string().min(1).max(200),
      author: z.string().min(1).max(100),
      body: body(fields),
    }),
    output: releaseSchema.pick({ kf_id: true }),
    errors: ['unauthenticated', 'forbidden'],
  }),
}
