import type { JsonSchema } from '../json-schema.ts'

/**
 * The part of JSON Schema 2020-12 that the comparison understands. Anything else is reported, never passed over: a rule
 * that is not understood could hide an incompatible change.
 */
const annotations = new Set(
  '$schema $defs $comment title description examples default deprecated readOnly writeOnly'.split(' '),
)
const unions = ['anyOf', 'oneOf']
const rules = new Set([
  ...['$ref', ...unions, 'type', 'enum', 'const'],
  ...['minLength', 'maxLength', 'pattern', 'format', 'contentEncoding', 'contentMediaType'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems'],
  ...['properties', 'required', 'additionalProperties', 'propertyNames', 'minProperties', 'maxProperties'],
])

/** What of a schema, its definitions included, cannot be compared; a line each. */
export function unknownParts(root: JsonSchema): string[] {
  const visit = (schema: unknown, path: string): string[] => {
    const place = path || 'the schema'
    if (typeof schema === 'boolean') return []
    if (!isSchema(schema)) return [`${place} is no schema`]
    return [
      ...problemsOf(schema, root).map(problem => `${place} has ${problem}`),
      ...children(schema).flatMap(([step, child]) => visit(child, path + step)),
    ]
  }
  return visit(root, '')
}

function problemsOf(schema: JsonSchema, root: JsonSchema): string[] {
  const keywords = Object.keys(schema).filter(keyword => !annotations.has(keyword))
  const problems = keywords.filter(keyword => !rules.has(keyword)).map(keyword => `unknown keyword ${keyword}`)
  for (const alone of ['$ref', ...unions]) {
    if (alone in schema && keywords.length > 1) problems.push(`other rules beside ${alone}`)
  }
  // "Exactly one of" equals "one of" only where no value fits two.
  if (Array.isArray(schema.oneOf) && !areDistinct(schema.oneOf, root)) problems.push('oneOf without a discriminator')
  return problems
}

/** True when a required field with a different constant in each member tells the members apart. */
function areDistinct(members: readonly unknown[], root: JsonSchema): boolean {
  const objects = members.map(member => followed(member, root))
  const names = Object.keys((objects[0]?.properties ?? {}) as object)
  return names.some(name => {
    const constants = objects.map(object => {
      const field = (object.properties as Record<string, JsonSchema> | undefined)?.[name]
      const isRequired = Array.isArray(object.required) && object.required.includes(name)
      return isRequired && field && 'const' in field ? JSON.stringify(field.const) : undefined
    })
    return !constants.includes(undefined) && new Set(constants).size === constants.length
  })
}

function followed(schema: unknown, root: JsonSchema): JsonSchema {
  if (!isSchema(schema)) return {}
  return typeof schema.$ref === 'string' ? followed(resolveReference(schema.$ref, root), root) : schema
}

/** The schemas inside a schema, with the way to them. */
function children(schema: JsonSchema): [string, unknown][] {
  const named = (keyword: string, prefix: string): [string, unknown][] =>
    Object.entries((schema[keyword] ?? {}) as object).map(([name, child]) => [`${prefix}${name}`, child])
  const listed = (keyword: string): [string, unknown][] =>
    ((schema[keyword] ?? []) as unknown[]).map(child => ['', child])
  const single = (keyword: string, step: string): [string, unknown][] =>
    keyword in schema ? [[step, schema[keyword]]] : []
  return [
    ...named('properties', '.'),
    ...named('$defs', '#'),
    ...unions.flatMap(listed),
    ...listed('prefixItems'),
    ...single('items', '[]'),
    ...single('additionalProperties', '.*'),
    ...single('propertyNames', '.*'),
  ]
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** False for a schema that takes any value. */
export function hasRules(schema: unknown): boolean {
  return schema === false || (isSchema(schema) && Object.keys(schema).some(keyword => !annotations.has(keyword)))
}

/** Follows a reference to a definition, `#/$defs/<name>`, or `#` for the whole schema. */
export function resolveReference(reference: string, root: JsonSchema): unknown {
  if (reference === '#') return root
  const name = decodeURIComponent(reference.replace('#/$defs/', '')).replaceAll('~1', '/').replaceAll('~0', '~')
  const definition = (root.$defs as JsonSchema | undefined)?.[name]
  if (definition === undefined) throw new Error(`a schema refers to ${reference}, which is not defined`)
  return definition
}
