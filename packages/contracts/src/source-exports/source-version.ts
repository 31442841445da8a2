import { z } from 'zod'
import { viewersOf } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { body, partialBody } from '../rest-framework/body.ts'
import { flag } from '../rest-framework/scalar.ts'
import { accessLevels, toldAccess } from './access.ts'
import { childRows } from './source.ts'
import { attributeSchemas } from './source-attributes.ts'
import { oclQuery, oclTimestamp, oclUrl, oclWriteErrors, readErrors, sourceTarget, versionTarget } from './target.ts'
import { extrasObject, nullableKey, nullableText, oclId } from './values.ts'

const common = {
  type: z.literal('Source Version'),
  id: z.string(),
  version: z.string(),
  short_code: z.string(),
  name: z.string(),
  released: z.boolean(),
  retired: z.boolean(),
  owner: z.string(),
  owner_type: z.enum(['Organization', 'User']),
  owner_url: oclUrl,
  url: oclUrl,
  version_url: oclUrl,
  previous_version_url: oclUrl.nullable(),
  created_on: oclTimestamp,
  updated_on: oclTimestamp,
}

export const sourceVersionSchema = z
  .object({
    ...common,
    uuid: z.string(),
    full_name: z.string(),
    description: z.string().nullable(),
    external_id: z.string().nullable(),
    version_external_id: z.string().nullable(),
    source_type: z.string().nullable(),
    public_access: z.enum(accessLevels),
    default_locale: z.string(),
    supported_locales: z.array(z.string()),
    ...attributeSchemas,
    website: z.string().nullable(),
    custom_validation_schema: z.string().nullable(),
    extras: z.record(z.string(), z.unknown()),
    sourceUrl: oclUrl,
    previousVersionUrl: oclUrl.nullable(),
    parentVersionUrl: oclUrl.nullable(),
    concepts_url: oclUrl,
    mappings_url: oclUrl,
    active_concepts: z.int(),
    active_mappings: z.int(),
    created_by: z.string(),
    updated_by: z.string(),
    is_processing: z.boolean(),
    export_error: z.string().nullable(),
    ...childRows,
  })
  .meta({ id: 'OclSourceVersion', description: 'A frozen state of a source' })

/** Words that stand for something else at their place in a path. */
export const reservedVersionIds = ['latest', 'versions', 'concepts', 'mappings', 'extras', 'atom', 'export'] as const

const fields = {
  released: flag().default(false),
  description: nullableText().optional(),
  external_id: nullableText().optional(),
  version_external_id: nullableText().optional(),
  extras: extrasObject().optional(),
  previous_version: nullableKey().optional(),
  parent_version: nullableKey().optional(),
}
const newFields = { id: oclId(), ...fields }
export type SourceVersionFields = z.output<z.ZodObject<typeof newFields>>

export const sourceVersionOperations = {
  list: operation('exporter.source-version.list', {
    summary: 'Lists the versions of a source: HEAD, then the newest first',
    effect: 'read',
    audience: viewersOf('source_url'),
    flow: 'streamed-answer',
    input: z.object({ ...sourceTarget, query: oclQuery }),
    output: z.array(z.object(common)),
    errors: readErrors,
  }),
  get: operation('exporter.source-version.get', {
    summary: 'Reads a version, and what is in it',
    effect: 'read',
    audience: viewersOf('source_url'),
    flow: 'streamed-answer',
    input: z.object({ ...versionTarget, query: oclQuery }),
    output: sourceVersionSchema,
    errors: readErrors,
  }),
  create: operation('exporter.source-version.create', {
    summary: 'Freezes the state of a source under a name, and has it exported',
    effect: 'write',
    input: z.object({ ...sourceTarget, body: body(newFields) }),
    output: sourceVersionSchema,
    errors: oclWriteErrors,
  }),
  update: operation('exporter.source-version.update', {
    summary: 'Releases, retires or describes a version; what is in it stays',
    effect: 'write',
    input: z.object({
      ...versionTarget,
      body: partialBody({ ...fields, id: oclId().optional(), released: flag().optional(), retired: flag().optional() }),
    }),
    output: sourceVersionSchema,
    errors: oclWriteErrors,
  }),
  delete: operation('exporter.source-version.delete', {
    summary: 'Deletes a version with its export',
    effect: 'write',
    input: z.object(versionTarget),
    output: z.void(),
    errors: [...oclWriteErrors, 'refused'],
  }),
  processing: operation('exporter.source-version.processing', {
    summary: 'Tells whether an export of the version is being made',
    effect: 'read',
    audience: viewersOf('source_url'),
    input: z.object(versionTarget),
    output: z.boolean(),
    errors: readErrors,
  }),
  stopProcessing: operation('exporter.source-version.stop-processing', {
    summary: 'Gives up the export that is being made',
    effect: 'write',
    input: z.object(versionTarget),
    output: z.void(),
    errors: oclWriteErrors,
  }),
}

const data = z.object({
  url: oclUrl,
  source_url: oclUrl,
  public_access: toldAccess,
  version: z.string(),
  released: z.boolean(),
  retired: z.boolean(),
})

const audience = viewersOf('source_url')

export const sourceVersionEvents = {
  created: eventType('source-version.created', { summary: 'A state of a source was frozen', audience, data }),
  updated: eventType('source-version.updated', {
    summary: 'A version was released, retired or described',
    audience,
    data,
  }),
  deleted: eventType('source-version.deleted', { summary: 'A version was deleted', audience, data }),
}
