import { z } from 'zod'
import { viewersOf } from '../audience.ts'
import { numberText } from '../exact-json.ts'
import { operation } from '../operation.ts'
import { field } from '../rest-framework/field.ts'
import { flag, text } from '../rest-framework/scalar.ts'
import { childEvents, childOperations } from './child.ts'
import { withOrigin } from './mapping-origin.ts'
import { childTarget, oclQuery, oclTimestamp, oclUrl, readErrors } from './target.ts'
import { anyJson, nullableKey, nullableText, oclCode } from './values.ts'

const nullableString = z.string().nullable()

export const mappingSchema = z
  .object({
    type: z.literal('Mapping'),
    uuid: z.string().meta({ description: 'Of this state' }),
    id: z.string(),
    external_id: nullableString,
    retired: z.boolean(),
    retire_reason: nullableString,
    map_type: z.string(),
    from_concept_url: oclUrl,
    from_concept_code: z.string(),
    from_concept_name: nullableString,
    from_concept_name_resolved: nullableString,
    from_source_url: oclUrl,
    from_source_name: z.string(),
    from_source_owner: z.string(),
    from_source_owner_type: z.string(),
    from_source_version: z.string().optional(),
    to_concept_url: oclUrl.nullable().meta({ description: 'Null for a target elsewhere' }),
    to_concept_code: nullableString,
    to_concept_name: nullableString,
    to_concept_name_resolved: nullableString,
    to_source_url: oclUrl.nullable(),
    to_source_name: nullableString,
    to_source_name_resolved: nullableString,
    to_source_owner: nullableString,
    to_source_owner_type: nullableString,
    to_source_version: z.string().optional(),
    sort_weight: z.number().nullable(),
    extras: z.unknown(),
    source: z.string(),
    owner: z.string(),
    owner_type: z.enum(['Organization', 'User']),
    owner_url: oclUrl,
    url: oclUrl,
    version_url: oclUrl.meta({ description: 'Changes exactly when the content does' }),
    version: z.string(),
    versioned_object_id: z.string(),
    versioned_object_url: oclUrl,
    is_latest_version: z.boolean(),
    update_comment: nullableString,
    created_on: oclTimestamp,
    updated_on: oclTimestamp,
    created_at: oclTimestamp,
    updated_at: oclTimestamp,
    version_created_on: oclTimestamp,
    version_updated_on: oclTimestamp,
    created_by: z.string(),
    updated_by: z.string(),
    version_updated_by: z.string(),
  })
  .meta({ id: 'OclMapping', description: 'A mapping as it stands in exports' })

/** A number or its text; anything else is none. */
const sortWeight = field<number | null>({ schema: { type: ['number', 'string', 'null'] } }, value => {
  const text = typeof value === 'string' ? value.trim() : numberText(value)
  const number = text ? Number(text) : Number.NaN
  return Number.isFinite(number) ? number : null
})

export const mappingFields = {
  id: oclCode().optional(),
  map_type: text({ max: 1000 }),
  from_concept_url: text({ max: 5000 }),
  /** With the code, another way to say `from_concept_url`. */
  from_source_url: nullableKey().optional(),
  from_concept_code: nullableKey().optional(),
  to_concept_url: nullableKey().optional(),
  to_source_url: nullableKey().optional(),
  to_concept_code: nullableKey().optional(),
  to_concept_name: nullableText().optional(),
  from_source_version: nullableText().optional(),
  to_source_version: nullableText().optional(),
  sort_weight: sortWeight.optional(),
  external_id: nullableText().optional(),
  extras: anyJson().optional(),
  retired: flag().optional(),
  update_comment: nullableText().optional(),
  comment: nullableText().optional(),
  retire_reason: nullableText().optional(),
}
export type MappingFields = z.output<z.ZodObject<typeof mappingFields>>

export const mappingOperations = {
  ...childOperations('mapping', mappingFields, mappingSchema, withOrigin),
  ofConcept: operation('exporter.mapping.of-concept', {
    summary: 'Lists the mappings of a source that lead from one of its concepts, or to it as well',
    effect: 'read',
    audience: viewersOf('source_url'),
    flow: 'streamed-answer',
    input: z.object({ ...childTarget, query: oclQuery }),
    output: z.array(mappingSchema),
    errors: readErrors,
  }),
}
export const mappingEvents = childEvents('mapping')
