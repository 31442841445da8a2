import { z } from 'zod'
import { viewersOf } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { toldAccess } from './access.ts'
import { oclUrl, oclWriteErrors, readErrors, versionTarget } from './target.ts'

const conditions = {
  ifMatch: z.string().optional(),
  ifNoneMatch: z.string().optional(),
  range: z.string().optional(),
  ifRange: z.string().optional(),
}
const head = z.boolean().default(false).meta({ description: 'Only status and headers, and nothing is started' })
const archive = z.unknown().meta({ type: 'string', contentMediaType: 'application/zip' })

export const exportOperations = {
  get: operation('exporter.export.get', {
    summary: 'The export of a version: 200 with the archive, 208 while it is made, 204 where there is none yet',
    effect: 'read',
    audience: viewersOf('source_url'),
    flow: 'streamed-answer',
    input: z.object({
      ...versionTarget,
      ...conditions,
      head,
      activeOnly: z.boolean().default(false).meta({ description: 'Without what is retired' }),
    }),
    output: archive,
    errors: [...readErrors, 'method_not_allowed'],
  }),
  download: operation('exporter.export.download', {
    summary: 'The archive, for whoever has its signed URL',
    effect: 'read',
    audience: viewersOf('source_url'),
    flow: 'streamed-answer',
    input: z.object({
      ...versionTarget,
      ...conditions,
      head,
      file: z.string().max(1024),
      expires: z.string().max(100).default(''),
      signature: z.string().max(1000).default(''),
    }),
    output: archive,
    errors: ['forbidden', 'not_found'],
  }),
  start: operation('exporter.export.start', {
    summary: 'Has the export of a version made, anew if there is one',
    effect: 'write',
    input: z.object(versionTarget),
    output: z.void(),
    errors: [...oclWriteErrors, 'method_not_allowed'],
  }),
  delete: operation('exporter.export.delete', {
    summary: 'Deletes the export of a version, or gives up making it',
    effect: 'write',
    input: z.object(versionTarget),
    output: z.void(),
    errors: [...oclWriteErrors, 'method_not_allowed'],
  }),
}

const data = z.object({
  version_url: oclUrl,
  version: z.string(),
  source_url: oclUrl,
  public_access: toldAccess,
  task_id: z
    .string()
    .optional()
    .meta({ description: 'The job, which is also the subject of the event', examples: ['EX_4ZK2Q9T1'] }),
})

const audience = viewersOf('source_url')

export const exportEvents = {
  queued: eventType('export.queued', { summary: 'An export waits to be made', audience, data }),
  started: eventType('export.started', { summary: 'An export is being made', audience, data }),
  ready: eventType('export.ready', {
    summary: 'An export can be downloaded',
    audience,
    data: data.extend({ size: z.int(), sha256: z.string() }),
  }),
  failed: eventType('export.failed', {
    summary: 'An export was given up',
    audience,
    data: data.extend({ error: z.string() }),
  }),
  deleted: eventType('export.deleted', { summary: 'An export was deleted or canceled', audience, data }),
}
