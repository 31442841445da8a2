import { z } from 'zod'
import { jsonSchema } from '../json-schema.ts'

/** JSON as it was sent: the coordinator judges it, after whether the caller may write at all. */
export function jsonBody(described: z.ZodType): z.ZodType<unknown, unknown> {
  const { $schema: _dialect, ...schema } = jsonSchema(described, 'input')
  return z.unknown().optional().meta(schema)
}
