import type { JsonSchema } from './json-schema.ts'

/** Texts for every format and pattern that the contracts use; the first one that fits is taken. */
const formats: Readonly<Record<string, string>> = {
  'date-time': '2026-11-21T02:33:00.123456Z',
  date: '2026-11-21',
  uri: 'https://releases.example.org/1',
  email: 'ada@example.org',
  uuid: '01993f6e-5a0c-7f3a-9a55-6f1f0e1f2a3b',
}
const texts = ['text', '1', '200', '404', ...Object.values(formats)]

/** Deeper than this only what is required is shown, so that schemas which contain themselves come to an end. */
const shownDepth = 4

/**
 * An example of what a schema describes: its own `examples` where it has some, else the least that is valid.
 * `schemas` are what `$ref` may point to, by name.
 */
export function sample(schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>, depth = 0): unknown {
  if ('const' in schema) return schema.const
  const { examples, $ref, enum: values, anyOf, oneOf, allOf } = schema
  if (Array.isArray(examples) && examples.length > 0) return examples[0]
  if (typeof $ref === 'string') return sample(schemas[$ref.split('/').at(-1) ?? ''] ?? {}, schemas, depth + 1)
  if (schema.default !== undefined && schema.default !== null) return schema.default
  if (Array.isArray(values)) return values[0]
  const choice = (anyOf ?? oneOf) as readonly JsonSchema[] | undefined
  // Something says more than null.
  if (choice) return sample(choice.find(({ type }) => type !== 'null') ?? {}, schemas, depth)
  if (Array.isArray(allOf)) {
    return Object.assign({}, ...allOf.map(part => sample(part as JsonSchema, schemas, depth)))
  }
  return sampleOfType(schema, schemas, depth)
}

function sampleOfType(schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>, depth: number): unknown {
  const type = Array.isArray(schema.type) ? schema.type.find(each => each !== 'null') : schema.type
  if (type === 'object') return sampleOfObject(schema, schemas, depth)
  if (type === 'array') {
    const items = (schema.items ?? {}) as JsonSchema
    // `not` stands for a list in which nothing can be.
    const shown = depth < shownDepth && schema.maxItems !== 0 && !('not' in items)
    const count = Math.max(Number(schema.minItems ?? 0), shown ? 1 : 0)
    return Array.from({ length: count }, () => sample(items, schemas, depth + 1))
  }
  if (type === 'string') return sampleOfText(schema)
  if (type === 'integer' || type === 'number') return sampleOfNumber(schema)
  if (type === 'boolean') return true
  return type === 'null' ? null : {}
}

function sampleOfObject(schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>, depth: number) {
  const required = (schema.required ?? []) as readonly string[]
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
  const shown = properties.filter(([name]) => depth < shownDepth || required.includes(name))
  return Object.fromEntries(shown.map(([name, property]) => [name, sample(property, schemas, depth + 1)]))
}

function sampleOfText({ format, pattern, minLength = 0, maxLength }: JsonSchema): string {
  const known = typeof format === 'string' ? formats[format] : undefined
  if (known !== undefined) return known
  const rule = typeof pattern === 'string' ? new RegExp(pattern, 'u') : undefined
  const found = texts.find(text => rule?.test(text) ?? true) ?? 'text'
  return found.padEnd(Number(minLength), 'x').slice(0, maxLength === undefined ? undefined : Number(maxLength))
}

function sampleOfNumber({ minimum, exclusiveMinimum, maximum }: JsonSchema): number {
  const least = typeof minimum === 'number' ? minimum : Number(exclusiveMinimum ?? 0) + 1
  return typeof maximum === 'number' ? Math.min(maximum, least) : least
}
