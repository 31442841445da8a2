import { z } from 'zod'
import { some } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { among } from '../read-audience.ts'
import { oclQuery, oclTimestamp, oclUrl, oclWriteErrors, readErrors } from './target.ts'

/** States of an import, by the names that clients know. */
export const bulkImportStates = ['PENDING', 'STARTED', 'SUCCESS', 'FAILURE', 'REVOKED'] as const
export type BulkImportState = (typeof bulkImportStates)[number]

/** What can come of a line, in the order of reports. */
export const lineOutcomes = [
  'created',
  'updated',
  'deleted',
  'exists',
  'unchanged',
  'invalid',
  'failed',
  'not_found',
  'permission_denied',
  'unknown',
] as const
export type LineOutcome = (typeof lineOutcomes)[number]

/** Queue of imports that need no order among them. The imports of any other queue of a user run one after another. */
export const unorderedQueue = 'default'

const lines = z.int().min(0)
const countsSchema = z
  .object({ total: lines, processed: lines, ...Object.fromEntries(lineOutcomes.map(outcome => [outcome, lines])) })
  .meta({ id: 'OclImportCounts', description: 'Lines by what came of them' })

const taskId = z
  .string()
  .max(1024)
  .meta({ description: 'Id of the import', examples: ['BI_4ZK2Q9T1'] })

export const bulkImportSchema = z
  .object({
    id: taskId,
    task: taskId,
    state: z.enum(bulkImportStates),
    name: z.literal('bulk_import'),
    queue: z.string(),
    username: z.string(),
    created_at: oclTimestamp,
    started_at: oclTimestamp.nullable(),
    finished_at: oclTimestamp.nullable(),
    runtime: z.number().nullable().meta({ description: 'Seconds since it started, or that it took' }),
    summary: countsSchema.nullable().meta({ description: 'Null until it starts' }),
    children: z.array(z.string()),
    message: z.string().nullable(),
    report: countsSchema.optional(),
    result: z
      .record(z.string(), z.array(z.unknown()))
      .optional()
      .meta({ description: 'The lines by what came of them' }),
  })
  .meta({ id: 'OclBulkImport', description: 'An import of JSON lines as a task' })

const queue = z.string().max(255)

/** Where the lines of an import go instead of where they say: the copy of an export, which leaves the original alone. */
export const importTarget = z.object({
  owner: z.string().min(1).max(1024),
  owner_type: z.enum(['Organization', 'User']).default('Organization'),
  version: z.string().max(1024).optional().meta({ description: 'Id of the version that the copy becomes' }),
})
export type ImportTarget = z.output<typeof importTarget>

export const bulkImportOperations = {
  create: operation('exporter.bulk-import.create', {
    summary: 'Takes lines to import, and imports them afterwards with the rights of the caller',
    effect: 'write',
    flow: 'streamed-request',
    input: z.object({
      queue: queue.default(unorderedQueue),
      updateIfExists: z
        .boolean()
        .default(true)
        .meta({ description: 'Whether concepts and mappings that are there change' }),
      form: z.enum(['json', 'file']).meta({
        description:
          '`json`: an object with `data`, which is text of JSON lines or a list of objects. `file`: JSON lines, a list, an export file, or an archive with one of these',
      }),
      target: importTarget.optional(),
      trailer: z.boolean().default(false).meta({
        description:
          'Each piece of the stream stands behind its length (32 bits); after a length of 0 comes a target, as JSON, or null',
      }),
    }),
    output: bulkImportSchema,
    errors: [...oclWriteErrors, 'malformed', 'too_large'],
  }),
  list: operation('exporter.bulk-import.list', {
    summary: 'Lists the imports of a user, newest first',
    effect: 'read',
    audience: among('signed-in', some(['staff'], { account: 'username' })),
    flow: 'streamed-answer',
    input: z.object({
      username: z.string().max(1024).optional().meta({ description: 'Default: the caller' }),
      queue: queue.optional(),
      query: oclQuery
        .optional()
        .meta({ description: 'Pages as other lists have them, and `state`; without it all at once' }),
    }),
    output: z.array(bulkImportSchema),
    errors: readErrors,
  }),
  get: operation('exporter.bulk-import.get', {
    summary: 'Reads an import: how far it is, and what came of its lines',
    effect: 'read',
    audience: among('signed-in', some(['staff'], { account: 'username' })),
    flow: 'streamed-answer',
    input: z.object({ task: taskId, result: z.boolean().default(false).meta({ description: 'With the lines' }) }),
    output: bulkImportSchema,
    errors: readErrors,
  }),
  report: operation('exporter.bulk-import.report', {
    summary: 'What came of the lines of an import, as text',
    effect: 'read',
    audience: among('signed-in', some(['staff'], { account: 'username' })),
    flow: 'streamed-answer',
    input: z.object({ task: taskId }),
    output: z.unknown().meta({ type: 'string' }),
    errors: readErrors,
  }),
  cancel: operation('exporter.bulk-import.cancel', {
    summary: 'Stops an import; what it has done stays',
    effect: 'write',
    input: z.object({ task: taskId }),
    output: z.void(),
    errors: [...oclWriteErrors, 'refused'],
  }),
}

const data = z.object({
  import_id: taskId,
  queue: z.string(),
  username: z.string(),
  state: z.enum(bulkImportStates),
  total: lines,
  processed: lines,
  counts: z
    .record(z.string(), lines)
    .meta({ description: 'Lines by what came of them; those that are none are left out' }),
  message: z.string().nullable(),
})

const change = z.object({
  id: z.string(),
  uuid: z.string().meta({ description: 'Of the concept or mapping: the subject of its own events' }),
  change: z.enum(['created', 'updated', 'retired']),
  sequence: z.int().min(1).meta({ description: 'What its own event would have: the `version` of its new state' }),
})
const applied = data.extend({
  source_url: oclUrl,
  kind: z.enum(['concept', 'mapping']),
  changes: z.array(change).meta({ description: 'In the order of the lines; lines that changed nothing are left out' }),
})

const audience = some(['staff'], { account: 'username' })

export const bulkImportEvents = {
  queued: eventType('bulk-import.queued', { summary: 'An import waits to be carried out', audience, data }),
  started: eventType('bulk-import.started', { summary: 'An import is carried out', audience, data }),
  applied: eventType('bulk-import.applied', {
    summary: 'An import changed concepts or mappings of a source, which have no events of their own for that',
    audience,
    data: applied,
  }),
  progressed: eventType('bulk-import.progressed', { summary: 'An import got further', audience, data }),
  succeeded: eventType('bulk-import.succeeded', {
    summary: 'An import is done, whatever came of its lines',
    audience,
    data,
  }),
  failed: eventType('bulk-import.failed', { summary: 'An import was given up', audience, data }),
  revoked: eventType('bulk-import.revoked', { summary: 'An import was stopped', audience, data }),
}
