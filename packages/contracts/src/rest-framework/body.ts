import { z } from 'zod'
import { type ErrorDetail, invalid } from '../error.ts'
import { isJsonObject } from '../exact-json.ts'
import { markChecked } from './checked-bodies.ts'
import { fieldFacts, pythonType } from './field.ts'

/**
 * A request body, read field by field. It never fails as a whole: the handler adds what only it can know (unknown
 * relations, states) and refuses everything that is wrong in one answer, as these APIs do.
 */
export type Checked<Values> = {
  /** The fields that could be read. */
  readonly values: Partial<Values>
  /** What is wrong with the others. */
  readonly problems: readonly ErrorDetail[]
}

export type Shape = Readonly<Record<string, z.ZodType>>
type OutputOfShape<Fields extends Shape> = z.output<z.ZodObject<{ -readonly [Key in keyof Fields]: Fields[Key] }>>
type InputOfShape<Fields extends Shape> = z.input<z.ZodObject<{ -readonly [Key in keyof Fields]: Fields[Key] }>>

/** Says the fields of a body anew before they are read, where a field can be said in several ways. */
export type Prepare = (body: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>

const shapeOf = new WeakMap<z.ZodType, Shape>()

/** A body for POST and PUT: absent fields take their default or are reported as required. */
export function body<Fields extends Shape>(shape: Fields, prepare?: Prepare) {
  return read<OutputOfShape<Fields>, InputOfShape<Fields>>(shape, 'all', prepare)
}

/** A body for PATCH: only the fields that are there are looked at, and no default applies. */
export function partialBody<Fields extends Shape>(shape: Fields, prepare?: Prepare) {
  return read<Partial<OutputOfShape<Fields>>, Partial<InputOfShape<Fields>>>(shape, 'present', prepare)
}

function read<Output, Input>(
  shape: Shape,
  which: 'all' | 'present',
  prepare: Prepare = given => given,
): z.ZodType<Checked<Output>, Input> {
  // Optional for zod only: a request without a body is read like one with an empty object.
  const schema = z
    .unknown()
    .optional()
    .transform(value => markChecked(readFields(shape, isJsonObject(value) ? prepare(value) : (value ?? {}), which)))
    .meta(bodySchema(shape, which))
  shapeOf.set(schema, shape)
  return schema as unknown as z.ZodType<Checked<Output>, Input>
}

function readFields(shape: Shape, value: unknown, which: 'all' | 'present'): Checked<Record<string, unknown>> {
  if (!isJsonObject(value)) {
    const message = `Invalid data. Expected a dictionary, but got ${pythonType(value)}.`
    return { values: {}, problems: [{ path: ['non_field_errors'], reason: 'not_an_object', message }] }
  }
  const values: Record<string, unknown> = {}
  const problems: ErrorDetail[] = []
  for (const [name, schema] of Object.entries(shape)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined
    if (which === 'present' && given === undefined) continue
    const result = schema.safeParse(given)
    if (result.success) values[name] = result.data
    else problems.push(...result.error.issues.map(issue => problemOf(name, issue)))
  }
  return { values, problems }
}

function problemOf(name: string, issue: z.core.$ZodIssue): ErrorDetail {
  const reason = issue.code === 'custom' ? String(issue.params?.reason ?? 'invalid') : issue.code
  return {
    path: [name, ...issue.path.map(part => (typeof part === 'symbol' ? String(part) : part))],
    reason,
    message: issue.message,
  }
}

/** The values of a body without problems, or an `invalid` error with all of them, in the order of the fields. */
export function complete<Values>(checked: Checked<Values>, more: readonly ErrorDetail[] = []): Values {
  const problems = [...checked.problems, ...more]
  if (problems.length > 0) throw invalid(problems)
  return checked.values as Values
}

/** Names of the fields that a repeated form field makes a list of. */
export function listFields(schema: z.ZodType): ReadonlySet<string> {
  const shape = shapeOf.get(schema) ?? {}
  return new Set(Object.keys(shape).filter(name => fieldFacts(shape[name] as z.ZodType).list))
}

/** Names of the fields for which an empty form value is a value; for others it means "not given". */
export function blankFields(schema: z.ZodType): ReadonlySet<string> {
  const shape = shapeOf.get(schema) ?? {}
  return new Set(Object.keys(shape).filter(name => fieldFacts(shape[name] as z.ZodType).blank))
}

function bodySchema(shape: Shape, which: 'all' | 'present'): Record<string, unknown> {
  const entries = Object.entries(shape)
  const needed = which === 'all' ? entries.filter(([, schema]) => isRequired(schema)).map(([name]) => name) : []
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, schema]) => [name, propertySchema(schema, which)])),
    ...(needed.length > 0 && { required: needed }),
  }
}

function isRequired(schema: z.ZodType): boolean {
  return !(schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
}

function propertySchema(schema: z.ZodType, which: 'all' | 'present'): Record<string, unknown> {
  const facts = { ...fieldFacts(schema).schema }
  const hasDefault = which === 'all' && schema instanceof z.ZodDefault
  return hasDefault ? { ...facts, default: schema.def.defaultValue } : facts
}
