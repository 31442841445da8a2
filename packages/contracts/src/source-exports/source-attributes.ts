import { z } from 'zod'
import { field } from '../rest-framework/field.ts'
import { flag } from '../rest-framework/scalar.ts'
import { anyJson, nullableText } from './values.ts'

/** What a source says of itself for programs of other kinds, mostly those of FHIR. It is kept and told, and means nothing here. */

const nullableFlag = () =>
  field<boolean | null>({ schema: { type: ['boolean', 'null'] } }, value => {
    if (value === null || value === '') return null
    const read = flag().safeParse(value)
    return read.success ? read.data : { refusals: [{ reason: 'not_a_boolean', message: 'Must be a valid boolean.' }] }
  })

const texts = [
  ...['canonical_url', 'hierarchy_meaning', 'hierarchy_root_url', 'publisher', 'purpose', 'copyright', 'content_type'],
  ...['collection_reference', 'revision_date', 'text', 'logo_url'],
] as const
const jsons = ['identifier', 'contact', 'jurisdiction', 'meta'] as const
const flags = ['experimental', 'case_sensitive', 'compositional', 'version_needed'] as const

/** Their names, in the order of answers. */
export const sourceAttributes: readonly string[] = [...texts, ...jsons, ...flags]

const each = <Value>(names: readonly string[], value: () => Value) =>
  Object.fromEntries(names.map(name => [name, value()])) as Record<string, Value>

/** The values of fields as they were read, by name; what was not given is not there. */
export function attributesGiven(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = sourceAttributes.filter(name => values[name] !== undefined)
  const isJson = (name: string) => jsons.some(json => json === name)
  return Object.fromEntries(
    given.map(name => [name, isJson(name) ? (values[name] as { readonly json: unknown }).json : values[name]]),
  )
}

export const attributeFields: Readonly<Record<string, z.ZodType>> = {
  ...each(texts, () => nullableText().optional()),
  ...each(jsons, () => anyJson().optional()),
  ...each(flags, () => nullableFlag().optional()),
}

/** In answers; what is not set is left out. */
export const attributeSchemas: Readonly<Record<string, z.ZodType>> = {
  ...each(texts, () => z.string().optional()),
  ...each(jsons, () => z.unknown().optional()),
  ...each(flags, () => z.boolean().optional()),
}
