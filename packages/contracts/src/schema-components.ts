import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from './json-schema.ts'

/** The named schemas of an OpenAPI or AsyncAPI document, gathered while its parts are written. */
export type SchemaComponents = {
  readonly schemas: Record<string, JsonSchema>
  /**
   * Moves the `$defs` of a schema to the components and points its references there.
   * Throws when two different schemas claim one name.
   */
  take(schema: JsonSchema): JsonSchema
}

/** `place` is where the document keeps them, as the start of a reference. */
export function schemaComponents(place = '#/components/schemas/'): SchemaComponents {
  const schemas: Record<string, JsonSchema> = {}

  function add(name: string, schema: JsonSchema) {
    const known = schemas[name]
    if (known && !isDeepStrictEqual(known, schema)) throw new Error(`two different schemas are called ${name}`)
    schemas[name] = schema
  }

  return {
    schemas,
    take({ $schema: _dialect, $defs, ...schema }) {
      for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, JsonSchema>)) {
        add(name, repoint(definition, place) as JsonSchema)
      }
      return repoint(schema, place) as JsonSchema
    },
  }
}

/** Values under these keywords are data, not schemas. */
const dataKeywords = new Set(['default', 'examples', 'const', 'enum'])

function repoint(node: unknown, place: string): unknown {
  if (Array.isArray(node)) return node.map(item => repoint(item, place))
  if (typeof node !== 'object' || node === null) return node
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key === '$ref' && typeof value === 'string') return [key, value.replace('#/$defs/', place)]
      return [key, dataKeywords.has(key) ? value : repoint(value, place)]
    }),
  )
}
