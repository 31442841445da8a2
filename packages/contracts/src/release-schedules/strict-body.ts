import type { z } from 'zod'
import { failure, invalid } from '../error.ts'
import { isJsonObject } from '../exact-json.ts'
import { body, type Checked, partialBody, type Shape } from '../rest-framework/body.ts'
import { type PdcResource, readOnlyFields } from './resource.ts'
import { unknownFields } from './values.ts'

export type ValuesOf<Fields extends Shape> = z.output<z.ZodObject<{ -readonly [Key in keyof Fields]: Fields[Key] }>>

const bodies = new WeakMap<PdcResource, Readonly<Record<'all' | 'present', z.ZodType>>>()

/** How a resource is read as a whole (POST, PUT) and in parts (PATCH). */
export function bodiesOf(resource: PdcResource) {
  const known = bodies.get(resource) ?? { all: body(resource.body), present: partialBody(resource.body) }
  bodies.set(resource, known)
  return known
}

/**
 * Reads one object strictly. What is wrong with single fields is collected, so that the caller can add what only it
 * knows; everything else fails at once.
 * @throws `invalid`: not an object, unknown fields, read-only fields, in this order
 */
export function readStrictBody<Resource extends PdcResource>(
  resource: Resource,
  which: 'all' | 'present',
  value: unknown,
): Checked<ValuesOf<Resource['body']>> {
  if (value === null) throw invalid([{ path: [], reason: 'no_data', message: 'No data provided' }])
  if (!isJsonObject(value)) throw failure('invalid', 'Invalid input: must be a dict.')
  const names = Object.keys(value)
  const unknown = names.filter(name => !Object.hasOwn(resource.body, name) && !resource.fields.includes(name))
  if (unknown.length > 0) throw failure('invalid', unknownFields(unknown))
  const protectedFields = readOnlyFields(resource)
  const readOnly = names.filter(name => protectedFields.includes(name))
  if (readOnly.length > 0) {
    throw failure('invalid', `Can not update read only fields: ${readOnly.map(name => `"${name}"`).join(', ')}.`)
  }
  const checked = bodiesOf(resource)[which].parse(value) as Checked<ValuesOf<Resource['body']>>
  const inner = checked.problems.find(({ reason }) => reason === 'unknown_fields')
  if (inner) throw failure('invalid', inner.message)
  return checked
}
