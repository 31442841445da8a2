import { z } from 'zod'
import { some } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { among } from '../read-audience.ts'
import { jsonBody } from './json-body.ts'
import { paginationSchema, taskInfoSchema, textParameter, versionMessage } from './task-info.ts'

/** The key of a study object that holds its accession, and the one that its name stands for where it is not set. */
export const accessionKey = 'genestack:accession'
export const titleKey = 'Study Title'

const scalar = z.union([z.string(), z.number(), z.boolean()])
export const attributeValue = z.union([scalar, z.array(scalar), z.null()])

export const studyObjectSchema = z
  .looseObject({ [accessionKey]: z.string() })
  .meta({ id: 'StudyObject', description: 'A flat map of metadata attributes' })

export const commitInfoSchema = z
  .object({
    version: z.string().meta({ description: 'Counts from 1', examples: ['2'] }),
    message: z.string(),
    author: z.string(),
    timestamp: z.int().meta({ format: 'int64', description: 'Epoch milliseconds' }),
  })
  .meta({ id: 'CommitInfo' })

/** Whose eyes: curators see drafts, users only what was published. */
const view = z.enum(['curator', 'user'])
const id = z.string().max(20_000).meta({ description: 'Accession' })
const version = z.string().max(20_000)
const reading = ['unauthenticated', 'forbidden', 'not_found'] as const
const writing = [...reading, 'key_reused'] as const

export const studyObjectOperations = {
  list: operation('coordinator.study-object.list', {
    summary: 'Lists what was published of the studies that the caller may see',
    effect: 'read',
    audience: among('signed-in', some(['all-data'], { account: 'owner', group: 'accession' })),
    flow: 'streamed-answer',
    input: z.object({
      view,
      filter: textParameter,
      query: textParameter.meta({ description: 'Only studies with this text in a value' }),
      sort: textParameter.meta({
        description: '`id`, `creation`, `last_update`, `name`, with `-` in front: descending',
      }),
      pageLimit: textParameter.meta({ description: '0 to 2000; default 2000' }),
      pageOffset: textParameter,
    }),
    output: z.object({ meta: paginationSchema, data: z.array(studyObjectSchema) }),
    errors: reading,
  }),
  get: operation('coordinator.study-object.get', {
    summary: 'Reads the metadata of a study; curators get the draft if there is one',
    effect: 'read',
    audience: among('signed-in', some(['all-data'], { account: 'owner', group: 'accession' })),
    input: z.object({ view, id, ifNoneMatch: z.string().optional() }),
    output: studyObjectSchema,
    errors: reading,
  }),
  edit: operation('coordinator.study-object.edit', {
    summary: 'Adds, replaces and (with null) removes attributes in the draft of a study',
    effect: 'write',
    input: z.object({ id, ifMatch: z.string().optional(), body: jsonBody(z.record(z.string(), attributeValue)) }),
    output: studyObjectSchema,
    errors: [...writing, 'precondition_failed', 'too_large'],
  }),
  discard: operation('coordinator.study-object.discard', {
    summary: 'Discards the draft of a study, if there is one',
    effect: 'write',
    input: z.object({ id, ifMatch: z.string().optional() }),
    output: z.void(),
    errors: [...writing, 'precondition_failed'],
  }),
  versions: operation('coordinator.study-object.versions', {
    summary: 'Lists the published versions of a study, newest first',
    effect: 'read',
    audience: among('signed-in', some(['all-data'], { account: 'owner', group: 'accession' })),
    flow: 'streamed-answer',
    input: z.object({ view, id }),
    output: z.array(commitInfoSchema),
    errors: reading,
  }),
  version: operation('coordinator.study-object.version', {
    summary: 'Reads a study as it was published',
    effect: 'read',
    audience: among('signed-in', some(['all-data'], { account: 'owner', group: 'accession' })),
    input: z.object({ view, id, version }),
    output: studyObjectSchema,
    errors: reading,
  }),
  restore: operation('coordinator.study-object.restore', {
    summary: 'Makes a new version that is a copy of an old one',
    effect: 'write',
    input: z.object({ id, version, versionMessage }),
    output: commitInfoSchema,
    errors: writing,
  }),
  publish: operation('coordinator.study-object.publish', {
    summary: 'Starts publishing the draft of one study',
    effect: 'write',
    input: z.object({ id, versionMessage }),
    output: taskInfoSchema,
    errors: writing,
  }),
}

const accession = z.string()

export const studyVersionEvents = {
  published: eventType('study-version.published', {
    summary: 'A version of the metadata of a study was published; the sequence number of the event is the version',
    audience: some(['all-data'], { account: 'author', group: 'accession' }),
    data: z.object({
      accession,
      version: z.string(),
      message: z.string(),
      author: z.string(),
      task: z.string().nullable().meta({ description: 'The publish run or import; null: mirrored or restored' }),
      draft_revision: z.int().nullable().meta({ description: 'Revision of the draft that is in it' }),
    }),
  }),
}

const audience = some(['all-data'], { account: 'actor', group: 'accession' })
const draft = z.object({ accession, revision: z.int(), version: z.string().meta({ description: 'It is based on' }) })

export const studyDraftEvents = {
  changed: eventType('study-draft.changed', {
    summary: 'The draft of a study was made or changed',
    audience,
    data: draft,
  }),
  discarded: eventType('study-draft.discarded', {
    summary: 'The draft of a study was discarded',
    audience,
    data: draft,
  }),
}
