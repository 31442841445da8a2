import type { JsonSchema } from '../json-schema.ts'
import { isSchema, resolveReference } from './keywords.ts'

export const jsonTypes = ['null', 'boolean', 'number', 'string', 'array', 'object'] as const
export type JsonType = (typeof jsonTypes)[number]

/** One of the forms a value may have: its JSON type and the rules for it. A schema is the union of its alternatives. */
export type Alternative = {
  readonly type: JsonType
  /** Numbers only: no fraction. */
  readonly integer: boolean
  /** The closed set of values, if there is one. */
  readonly values?: readonly unknown[]
  /** Holds the other rules (limits, properties, items). */
  readonly schema: JsonSchema
}

/** The alternatives of a schema; `root` holds the definitions it refers to. None: no value at all. */
export function alternatives(schema: unknown, root: JsonSchema): readonly Alternative[] {
  if (schema === false) return []
  if (!isSchema(schema)) return alternatives({}, root)
  if (typeof schema.$ref === 'string') return alternatives(resolveReference(schema.$ref, root), root)
  const union = schema.anyOf ?? schema.oneOf
  if (Array.isArray(union)) return union.flatMap(member => alternatives(member, root))
  const values = valuesOf(schema)
  const types = typesOf(schema)
  return jsonTypes.flatMap((type): Alternative[] => {
    const integer = type === 'number' && !types.includes('number')
    if (!types.includes(type) && !(integer && types.includes('integer'))) return []
    if (!values) return [{ type, integer, schema }]
    const own = values.filter(value => typeOf(value) === type)
    return own.length > 0 ? [{ type, integer, values: own, schema }] : []
  })
}

function valuesOf(schema: JsonSchema): readonly unknown[] | undefined {
  if ('const' in schema) return [schema.const]
  return Array.isArray(schema.enum) ? schema.enum : undefined
}

function typesOf(schema: JsonSchema): readonly unknown[] {
  if (schema.type === undefined) return jsonTypes
  return Array.isArray(schema.type) ? schema.type : [schema.type]
}

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value as JsonType
}
