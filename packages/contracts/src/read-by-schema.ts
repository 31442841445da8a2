import { z } from 'zod'
import { isExactNumber, isJsonObject } from './exact-json.ts'
import { deepestInput as deepest } from './json-depth.ts'

/**
 * What `parseExact` read, by a schema: where the schema has a number of its own, it gets one, however it was written
 * (`50.0`, `5e1`); where it lets any JSON stand, numbers stay as they were written.
 */
export function readBySchema<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
  return schema.safeParse(holdsExactNumber(value) ? withPlainNumbers(schema, value) : value)
}

/** Deeper than any input may be, see `readInput`, nothing is looked at. */
function holdsExactNumber(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null || depth > deepest) return false
  if (Array.isArray(value)) return value.some(item => holdsExactNumber(item, depth + 1))
  if (isExactNumber(value)) return true
  for (const name in value) {
    if (holdsExactNumber((value as Readonly<Record<string, unknown>>)[name], depth + 1)) return true
  }
  return false
}

function withPlainNumbers(schema: z.ZodType, value: unknown): unknown {
  const type = inner(schema)
  if (isExactNumber(value)) return isFree(type) ? value : Number(value.rawJSON)
  if (Array.isArray(value)) {
    if (!(type instanceof z.ZodArray)) return alternative(type, value)
    return value.map(item => withPlainNumbers(type.element as z.ZodType, item))
  }
  if (!isJsonObject(value)) return value
  const member = memberOf(type)
  if (!member) return alternative(type, value)
  return Object.fromEntries(
    Object.entries(value).map(([name, given]) => {
      const schemaOfMember = member(name)
      return [name, schemaOfMember ? withPlainNumbers(schemaOfMember, given) : given]
    }),
  )
}

function memberOf(type: z.ZodType): ((name: string) => z.ZodType | undefined) | undefined {
  if (type instanceof z.ZodObject) return name => (Object.hasOwn(type.shape, name) ? type.shape[name] : undefined)
  if (type instanceof z.ZodRecord) return () => type.valueType as z.ZodType
  return undefined
}

/** Of several schemas, the first that takes the value. */
function alternative(type: z.ZodType, value: unknown): unknown {
  if (!(type instanceof z.ZodUnion)) return value
  for (const option of type.options as readonly z.ZodType[]) {
    const plain = withPlainNumbers(option, value)
    if (option.safeParse(plain).success) return plain
  }
  return value
}

const isFree = (type: z.ZodType): boolean => type instanceof z.ZodUnknown || type instanceof z.ZodAny

/** What reads the value first, behind wrappers. */
function inner(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) {
    const first = schema.in as z.ZodType
    return inner(first instanceof z.ZodTransform ? (schema.out as z.ZodType) : first)
  }
  const wraps =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodCatch
  return wraps ? inner(schema.unwrap() as z.ZodType) : schema
}
