import { z } from 'zod'
import { isExactNumber } from '../exact-json.ts'
import { unfitValues } from '../fit-values.ts'

/**
 * Fields that read what clients of Django REST framework APIs send and refuse it in the words those clients know:
 * numbers count as text, `"yes"` is a boolean, blanks around text are dropped. Three of the five APIs are of that family.
 */

/** Refuses a value: `reason` for programs, `message` for people. Returned by readers, never thrown. */
export type Refusal = {
  readonly reason: string
  readonly message: string
  readonly path?: readonly (string | number)[]
}

/** Several refusals (of the items of a list), or one. */
export type Refusals = { readonly refusals: readonly Refusal[] }

export function refuse(reason: string, message: string): Refusals {
  return { refusals: [{ reason, message }] }
}

export const required = refuse('required', 'This field is required.')
export const notNull = refuse('null', 'This field may not be null.')

/** Facts about a field that JSON Schema and form decoding need. */
export type FieldFacts = {
  /** JSON Schema of what is accepted; also the description in OpenAPI. */
  readonly schema: Readonly<Record<string, unknown>>
  /** A repeated form field makes a list. */
  readonly list?: boolean
  /** An empty form value means an empty text, not an absent field. */
  readonly blank?: boolean
}

/** Refusals of one field; what is wrong beyond these is not said, because the answer has to fit into a message. */
export const mostRefusals = 1_000

const factsOf = new WeakMap<z.ZodType, FieldFacts>()

/** Looks through optional and default wrappers. */
export function fieldFacts(schema: z.ZodType): FieldFacts {
  const facts = factsOf.get(schema)
  if (facts) return facts
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return fieldFacts(schema.unwrap() as z.ZodType)
  return { schema: {} }
}

/**
 * Makes a field from a reader. The reader gets anything but `undefined` and answers the value or refusals.
 * `Input` is what typed callers may pass; clients may send anything.
 */
export function field<Output, Input = Output>(
  facts: FieldFacts,
  read: (value: unknown) => Output | Refusals,
): z.ZodType<Output, Input> {
  const schema = z
    .unknown()
    .transform((value, context) => {
      const result = value === undefined ? required : read(value)
      const refusals = isRefusals(result) ? result.refusals : unfitValues(result)
      if (!isRefusals(result) && refusals.length === 0) return result
      for (const { reason, message, path } of refusals.slice(0, mostRefusals)) {
        context.issues.push({ code: 'custom', message, params: { reason }, path: [...(path ?? [])], input: value })
      }
      return z.NEVER
    })
    .meta({ ...facts.schema })
  factsOf.set(schema, facts)
  return schema as unknown as z.ZodType<Output, Input>
}

function isRefusals(result: unknown): result is Refusals {
  return typeof result === 'object' && result !== null && 'refusals' in result
}

/** The name Python gives to the type of a JSON value; messages of these APIs quote it. */
export function pythonType(value: unknown): string {
  if (value === null) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  if (isExactNumber(value)) return /^-?\d+$/.test(value.rawJSON) ? 'int' : 'float'
  switch (typeof value) {
    case 'string':
      return 'str'
    case 'boolean':
      return 'bool'
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float'
    default:
      return 'dict'
  }
}
