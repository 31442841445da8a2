import { z } from 'zod'
import { type EventType, eventEnvelopeSchema } from './event.ts'
import type { Operation } from './operation.ts'

/** A JSON Schema 2020-12 document or part of one. Schemas with a `.meta({ id })` stand under `$defs` by that name. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/** What callers may send. */
export function inputSchema(operation: Operation): JsonSchema {
  return jsonSchema(operation.input, 'input')
}

/** What callers get; `undefined` when there is no body. */
export function outputSchema(operation: Operation): JsonSchema | undefined {
  return operation.output instanceof z.ZodVoid ? undefined : jsonSchema(operation.output, 'output')
}

/** The `data` of an event. */
export function eventDataSchema(type: EventType): JsonSchema {
  return jsonSchema(type.data, 'output')
}

/** A whole event as it is sent. */
export function eventSchema(type: EventType): JsonSchema {
  return jsonSchema(eventEnvelopeSchema.extend({ type: z.literal(type.type), data: type.data }), 'output')
}

/** JSON Schema of a zod schema; throws for what JSON cannot express (dates, maps, functions). */
export function jsonSchema(schema: z.ZodType, side: 'input' | 'output'): JsonSchema {
  return z.toJSONSchema(schema, { target: 'draft-2020-12', io: side, override: adapt }) as JsonSchema
}

type Override = NonNullable<z.core.ToJSONSchemaParams['override']>

/** What zod says of a schema, put as our contracts mean it. */
const adapt: Override = ({ zodSchema, jsonSchema }) => {
  // Answers and events may get more fields within a version: their objects are open unless declared strict.
  if (zodSchema instanceof z.ZodObject && zodSchema.def.catchall === undefined) delete jsonSchema.additionalProperties
  // zod drops the default of a field that is read by a transform.
  if (zodSchema instanceof z.ZodDefault) jsonSchema.default = zodSchema.def.defaultValue
  // Every key of a JSON object is a string.
  if (zodSchema instanceof z.ZodRecord && zodSchema.def.keyType instanceof z.ZodString) delete jsonSchema.propertyNames
  // Integers that JavaScript can tell apart are no rule of ours.
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  // `format` says it; the pattern behind it may change with the library.
  if (zodSchema instanceof z.ZodStringFormat && jsonSchema.format && jsonSchema.pattern === patternOf(zodSchema)) {
    delete jsonSchema.pattern
  }
}

function patternOf(schema: z.ZodStringFormat): string | undefined {
  return (schema.def as { readonly pattern?: RegExp }).pattern?.source
}
