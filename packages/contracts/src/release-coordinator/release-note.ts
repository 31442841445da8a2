import { z } from 'zod'
import { everybody } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { body, partialBody } from '../rest-framework/body.ts'
import { listInput, pageOf } from '../rest-framework/page.ts'
import { text } from '../rest-framework/scalar.ts'
import { idParameter, releaseLink, studyLinkOrNull, timestamp, url } from './ids.ts'

export const releaseNoteSchema = z
  .object({
    kf_id: z.string(),
    description: z.string(),
    author: z.string(),
    created_at: timestamp,
    release: url,
    study: url.nullable(),
  })
  .meta({ id: 'ReleaseNote', description: 'What a release changes, for one study or for all' })

const fields = {
  description: text({ max: 5000 }),
  author: text({ max: 100 }).default('admin'),
  release: releaseLink(),
  study: studyLinkOrNull().default(null),
}

const kf_id = idParameter
const writeErrors = ['unauthenticated', 'forbidden', 'not_found'] as const

export const releaseNoteOperations = {
  list: operation('coordinator.release-note.list', {
    summary: 'Lists release notes, newest first',
    effect: 'read',
    audience: everybody,
    input: listInput({ release: z.string().optional(), study: z.string().optional(), author: z.string().optional() }),
    output: pageOf(releaseNoteSchema),
  }),
  get: operation('coordinator.release-note.get', {
    summary: 'Reads one release note',
    effect: 'read',
    audience: everybody,
    input: z.object({ kf_id }),
    output: releaseNoteSchema,
    errors: ['not_found'],
  }),
  create: operation('coordinator.release-note.create', {
    summary: 'Writes a release note',
    effect: 'write',
    input: z.object({ body: body(fields) }),
    output: releaseNoteSchema,
    errors: ['unauthenticated', 'forbidden'],
  }),
  update: operation('coordinator.release-note.update', {
    summary: 'Changes a release note',
    effect: 'write',
    input: z.object({ kf_id, body: partialBody(fields) }),
    output: releaseNoteSchema,
    errors: writeErrors,
  }),
  replace: operation('coordinator.release-note.replace', {
    summary: 'Replaces a release note',
    effect: 'write',
    input: z.object({ kf_id, body: body(fields) }),
    output: releaseNoteSchema,
    errors: writeErrors,
  }),
  delete: operation('coordinator.release-note.delete', {
    summary: 'Deletes a release note',
    effect: 'write',
    input: z.object({ kf_id }),
    output: z.void(),
    errors: writeErrors,
  }),
}

const noteEvent = (name: `${string}.${string}`, summary: string) =>
  eventType(name, {
    summary,
    audience: everybody,
    data: z.object({
      note_id: z.string(),
      release_id: z.string(),
      study_id: z.string().nullable(),
      author: z.string(),
      description: z.string(),
    }),
  })

export const releaseNoteEvents = {
  created: noteEvent('release-note.created', 'A release note was written'),
  updated: noteEvent('release-note.updated', 'A release note was changed'),
  deleted: noteEvent('release-note.deleted', 'A release note was deleted'),
}

/** What people may write of a release note. */
export type ReleaseNoteFields = z.output<z.ZodObject<typeof fields>>
