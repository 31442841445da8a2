import { z } from 'zod'
import { viewersOf } from '../audience.ts'
import { isJsonObject, numberText } from '../exact-json.ts'
import { operation } from '../operation.ts'
import { field, type Refusals, refuse, required } from '../rest-framework/field.ts'
import { flag, readText, readUntrimmed, text } from '../rest-framework/scalar.ts'
import { childEvents, childOperations } from './child.ts'
import { mappingSchema } from './mapping.ts'
import { childTarget, oclQuery, oclTimestamp, oclUrl, readErrors } from './target.ts'
import { anyJson, nullableText, oclCode } from './values.ts'

/** A name or a description, as it was given. */
export type LocalizedText = {
  readonly text: string
  readonly locale: string | null
  readonly locale_preferred: boolean
  readonly text_type: string | null
  readonly external_id: string | null
  readonly uuid: string | null
}

const localized = (text: string, type: string) => ({
  uuid: z.string(),
  external_id: z.string().nullable(),
  [text]: z.string(),
  locale: z.string().nullable(),
  locale_preferred: z.boolean(),
  [`${text}_type`]: z.string().nullable(),
  type: z.literal(type),
  retired: z.boolean(),
  retire_reason: z.string().nullable(),
})

const nullableString = z.string().nullable()

export const conceptSchema = z
  .object({
    type: z.literal('Concept'),
    uuid: z.string().meta({ description: 'Of this state' }),
    id: z.string(),
    external_id: nullableString,
    concept_class: z.string(),
    datatype: z.string(),
    display_name: nullableString,
    display_locale: nullableString,
    names: z.array(z.object(localized('name', 'ConceptName'))),
    descriptions: z.array(z.object(localized('description', 'ConceptDescription'))),
    extras: z.unknown(),
    retired: z.boolean(),
    retire_reason: nullableString,
    parent_concept_urls: z.array(z.string()).meta({ description: 'As they were sent' }),
    source: z.string(),
    source_url: oclUrl,
    owner: z.string(),
    owner_name: z.string(),
    owner_type: z.enum(['Organization', 'User']),
    owner_url: oclUrl,
    version: z.string(),
    url: oclUrl,
    version_url: oclUrl.meta({ description: 'Changes exactly when the content does' }),
    previous_version_url: oclUrl.nullable(),
    created_on: oclTimestamp,
    updated_on: oclTimestamp,
    created_by: z.string(),
    updated_by: z.string(),
    version_created_on: oclTimestamp,
    version_created_by: z.string(),
    version_updated_on: oclTimestamp,
    version_updated_by: z.string(),
    update_comment: nullableString,
    is_latest_version: z.boolean(),
    locale: z.null(),
    mappings: z.null(),
  })
  .meta({ id: 'OclConcept', description: 'A concept as it stands in exports' })

const atLeastOneName = refuse('required', 'A concept must have at least one name')
const notText = refuse('not_a_string', 'Not a valid string.')
const emptyDescription = refuse('blank', 'Concept description cannot be empty')

export const conceptFields = {
  id: oclCode(),
  concept_class: text({ max: 1000 }),
  datatype: text({ max: 1000 }),
  names: localizedTexts('name'),
  descriptions: localizedTexts('description').optional(),
  external_id: nullableText().optional(),
  extras: anyJson().optional(),
  retired: flag().optional(),
  update_comment: nullableText().optional(),
  comment: nullableText().optional(),
  retire_reason: nullableText().optional(),
  parent_concept_urls: parentUrls().optional(),
  mappings: inlineMappings().optional(),
}
export type ConceptFields = z.output<z.ZodObject<typeof conceptFields>>

function localizedTexts(key: 'name' | 'description'): z.ZodType<LocalizedText[], Record<string, unknown>[] | null> {
  const schema = { type: ['array', 'null'], items: { type: 'object' } }
  return field({ schema, list: true }, value => {
    if (value === null || (Array.isArray(value) && value.length === 0)) return key === 'name' ? atLeastOneName : []
    if (!Array.isArray(value)) return refuse('not_a_list', 'Expected a list of items.')
    const texts: LocalizedText[] = []
    for (const item of value) {
      const read = localizedText(key, item)
      if ('refusals' in read) return read
      texts.push(read)
    }
    return texts
  })
}

/** URLs of concepts, or one of them. That they lead to one is not asked: parents may come later. */
function parentUrls(): z.ZodType<string[], string[] | string | null> {
  const schema = { type: ['array', 'string', 'null'], items: { type: 'string' } }
  return field({ schema, list: true }, value => {
    const given = value === null || value === '' ? [] : Array.isArray(value) ? value : [value]
    const urls = new Set<string>()
    for (const url of given) {
      const read = typeof url === 'string' ? readText(url, 5000, false) : notText
      if (typeof read !== 'string') return read
      urls.add(read)
    }
    return [...urls]
  })
}

/** Mappings of the concept, which are written with it; read one by one as mappings are. */
function inlineMappings(): z.ZodType<Readonly<Record<string, unknown>>[], Record<string, unknown>[] | null> {
  const schema = { type: ['array', 'null'], items: { type: 'object' } }
  return field({ schema, list: true }, value => {
    if (value === null) return []
    const isList = Array.isArray(value) && value.every(isJsonObject)
    return isList ? (value as Record<string, unknown>[]) : refuse('not_a_list', 'Expected a list of mappings.')
  })
}

/** Made once: an import reads hundreds of thousands of names. */
const preferredFlag = flag()

function localizedText(key: 'name' | 'description', value: unknown): LocalizedText | Refusals {
  if (!isJsonObject(value)) return refuse('invalid', `A ${key} must be an object.`)
  const given = value
  const written = given[key] === undefined ? required : readUntrimmed(given[key], 100_000, false)
  if (typeof written !== 'string') return key === 'description' ? emptyDescription : named(key, written)
  const locale = given.locale === undefined || given.locale === null ? null : readText(given.locale, 100, false)
  if (locale === null && key === 'name') return refuse('required', 'locale: This field is required.')
  if (locale !== null && typeof locale !== 'string') return named('locale', locale)
  const preferred = preferredFlag.safeParse(given.locale_preferred ?? false)
  if (!preferred.success) return refuse('not_a_boolean', 'locale_preferred: Must be a valid boolean.')
  return {
    text: written,
    locale,
    locale_preferred: preferred.data,
    text_type: textOrNull(given[`${key}_type`]),
    external_id: textOrNull(given.external_id),
    uuid: textOrNull(given.uuid),
  }
}

const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : (numberText(value) ?? null)

const named = (name: string, { refusals }: Refusals): Refusals => ({
  refusals: refusals.map(refusal => ({ ...refusal, message: `${name}: ${refusal.message}` })),
})

export const conceptOperations = {
  ...childOperations('concept', conceptFields, conceptSchema),
  withMappings: operation('exporter.concept.with-mappings', {
    summary: 'Reads a concept with the mappings that lead from it, or to it as well',
    effect: 'read',
    audience: viewersOf('source_url'),
    flow: 'streamed-answer',
    input: z.object({ ...childTarget, childVersion: z.string().max(1024).optional(), query: oclQuery }),
    output: z.object({ ...conceptSchema.shape, mappings: z.array(mappingSchema) }),
    errors: readErrors,
  }),
}
export const conceptEvents = childEvents('concept')
