import { z } from 'zod'
import { viewersOf } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { body, partialBody } from '../rest-framework/body.ts'
import { choice, text } from '../rest-framework/scalar.ts'
import { accessLevels, toldAccess } from './access.ts'
import { attributeFields, attributeSchemas } from './source-attributes.ts'
import { oclQuery, oclTimestamp, oclUrl, oclWriteErrors, ownerTarget, readErrors, sourceTarget } from './target.ts'
import { extrasObject, localeList, nullableText, oclId } from './values.ts'

const ownerFields = { owner: z.string(), owner_type: z.enum(['Organization', 'User']), owner_url: oclUrl }
/** Rows as in the export file, where they were asked for. */
export const childRows = {
  concepts: z.array(z.looseObject({ type: z.literal('Concept') })).optional(),
  mappings: z.array(z.looseObject({ type: z.literal('Mapping') })).optional(),
}

export const sourceSchema = z
  .object({
    type: z.literal('Source'),
    uuid: z.string(),
    id: z.string(),
    short_code: z.string(),
    name: z.string(),
    full_name: z.string(),
    description: z.string().nullable(),
    source_type: z.string().nullable(),
    public_access: z.enum(accessLevels),
    default_locale: z.string(),
    supported_locales: z.array(z.string()),
    website: z.string().nullable(),
    custom_validation_schema: z.string().nullable(),
    external_id: z.string().nullable(),
    ...attributeSchemas,
    extras: z.record(z.string(), z.unknown()),
    ...ownerFields,
    version: z.literal('HEAD'),
    versions: z.int(),
    active_concepts: z.int(),
    active_mappings: z.int(),
    url: oclUrl,
    versions_url: oclUrl,
    concepts_url: oclUrl,
    mappings_url: oclUrl,
    created_on: oclTimestamp,
    created_by: z.string(),
    updated_on: oclTimestamp,
    updated_by: z.string(),
    ...childRows,
  })
  .meta({ id: 'OclSource', description: 'A dictionary of concepts and mappings' })

const sourceRowSchema = z.object({
  short_code: z.string(),
  id: z.string(),
  name: z.string(),
  url: oclUrl,
  ...ownerFields,
  type: z.literal('Source'),
  source_type: z.string().nullable(),
  created_on: oclTimestamp,
  updated_on: oclTimestamp,
})

const fields = {
  name: text({ max: 1000 }),
  full_name: nullableText().optional(),
  description: nullableText().optional(),
  source_type: nullableText().optional(),
  website: nullableText().optional(),
  external_id: nullableText().optional(),
  custom_validation_schema: nullableText().optional(),
  public_access: choice(accessLevels).default('View'),
  default_locale: text({ max: 100 }).default('en'),
  supported_locales: localeList().optional(),
  extras: extrasObject().optional(),
}
const newFields = { id: oclId(), ...fields }
export type SourceFields = z.output<z.ZodObject<typeof newFields>>

export const sourceOperations = {
  list: operation('exporter.source.list', {
    summary: 'Lists sources that the caller may see, of one owner or of all',
    effect: 'read',
    audience: viewersOf('url'),
    flow: 'streamed-answer',
    input: z.object({ ...z.object(ownerTarget).partial().shape, query: oclQuery }),
    output: z.array(sourceRowSchema),
    errors: readErrors,
  }),
  get: operation('exporter.source.get', {
    summary: 'Reads a source in its live state, and what changed in it since a time',
    effect: 'read',
    audience: viewersOf('url'),
    flow: 'streamed-answer',
    input: z.object({ ...sourceTarget, query: oclQuery }),
    output: sourceSchema,
    errors: readErrors,
  }),
  create: operation('exporter.source.create', {
    summary: 'Makes a source',
    effect: 'write',
    input: z.object({ ...ownerTarget, body: body({ ...newFields, ...attributeFields }) }),
    output: sourceSchema,
    errors: oclWriteErrors,
  }),
  update: operation('exporter.source.update', {
    summary: 'Changes a source',
    effect: 'write',
    input: z.object({ ...sourceTarget, body: partialBody({ ...fields, ...attributeFields }) }),
    output: sourceSchema,
    errors: oclWriteErrors,
  }),
  delete: operation('exporter.source.delete', {
    summary: 'Deletes a source with its versions and exports',
    effect: 'write',
    input: z.object(sourceTarget),
    output: z.void(),
    errors: [...oclWriteErrors, 'refused'],
  }),
}

const data = z.object({
  url: oclUrl,
  source_id: z.string(),
  ...ownerFields,
  name: z.string(),
  public_access: toldAccess,
})

const audience = viewersOf('url')

export const sourceEvents = {
  created: eventType('source.created', { summary: 'A source was made', audience, data }),
  updated: eventType('source.updated', { summary: 'The metadata of a source changed', audience, data }),
  deleted: eventType('source.deleted', { summary: 'A source was deleted', audience, data }),
}
