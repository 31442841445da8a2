import { inputSchema, type JsonSchema, type Operation, sample } from '@slipway/contracts'
import { type BadValue, badValuesFor, noTexts } from './bad-values.ts'

export type BadInput = {
  /** Operation, field and value, for whoever has to find the fault. */
  readonly what: string
  readonly bytes: Buffer
}

type Place = readonly (string | number)[]

/** Inputs of an operation with one place spoiled. `known` are fields that lead to something that is there. */
export function* badInputs(operation: Operation, known: Readonly<Record<string, unknown>>): Generator<BadInput> {
  for (const { what, bytes } of badVersions(wholeInput(operation, known))) {
    yield { what: `${operation.subject} ${what}`, bytes }
  }
}

/** Copies of a JSON value: every bad value in every place of it, and every bad name in every object. */
export function* badVersions(right: unknown): Generator<BadInput> {
  for (const place of places(right, [])) {
    for (const value of badValuesFor(valueAt(right, place))) {
      yield { what: `${place.join('.')} = ${value.what}`, bytes: spoiled(right, place, value) }
    }
  }
  for (const place of objects(right, [])) {
    for (const name of noTexts) {
      yield { what: `${place.join('.') || 'whole'} with ${name.what}`, bytes: spoiled(right, [...place, marker], name) }
    }
  }
}

/** Copies of a JSON value with this JSON in one place after the other; `place` is its path with dots. */
export function* versionsWith(
  right: unknown,
  json: string,
): Generator<{ readonly place: string; readonly text: string }> {
  for (const place of places(right, [])) {
    const bytes = spoiled(right, place, { what: json, json: Buffer.from(json) })
    yield { place: place.join('.'), text: bytes.toString('utf8') }
  }
}

/** Input in which every field stands, for all that the schema tells. */
export function wholeInput(operation: Operation, known: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const schema = inputSchema(operation)
  const made = sample(schema, (schema.$defs ?? {}) as Record<string, JsonSchema>) as Record<string, unknown>
  return merged(made, known) as Record<string, unknown>
}

function merged(made: unknown, known: unknown): unknown {
  if (!isObject(made) || !isObject(known)) return known
  const names = new Set([...Object.keys(made), ...Object.keys(known)])
  return Object.fromEntries(
    [...names].map(name => [name, Object.hasOwn(known, name) ? merged(made[name], known[name]) : made[name]]),
  )
}

/** Where values are: leaves, and what may be any JSON, which is tried as a whole and one level down. */
function* places(value: unknown, place: Place): Generator<Place> {
  if (Array.isArray(value)) {
    if (value.length === 0) yield place
    for (const [index, item] of value.entries()) yield* places(item, [...place, index])
  } else if (isObject(value)) {
    if (place.length > 0) yield place
    if (Object.keys(value).length === 0) yield [...place, 'odd']
    for (const [name, item] of Object.entries(value)) yield* places(item, [...place, name])
  } else yield place
}

function* objects(value: unknown, place: Place): Generator<Place> {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* objects(item, [...place, index])
  if (!isObject(value)) return
  yield place
  for (const [name, item] of Object.entries(value)) yield* objects(item, [...place, name])
}

const marker = 'here the bad one stands'

/** The input as JSON with the value at the place, byte by byte as it was given; with the name where the place is marked. */
function spoiled(right: unknown, place: Place, { json }: BadValue): Buffer {
  const text = JSON.stringify(withValue(right, place, marker))
  const name = place.at(-1) === marker
  const [before, after] = text.split(name ? `"${marker}":"${marker}"` : `"${marker}"`) as [string, string]
  return Buffer.concat([Buffer.from(before), json, Buffer.from(name ? `:1${after}` : after)])
}

function valueAt(value: unknown, place: Place): unknown {
  return place.reduce((inner, step) => (inner as Readonly<Record<string | number, unknown>> | undefined)?.[step], value)
}

function withValue(value: unknown, [first, ...rest]: Place, given: unknown): unknown {
  if (first === undefined) return given
  if (Array.isArray(value)) return value.map((item, index) => (index === first ? withValue(item, rest, given) : item))
  const object = isObject(value) ? value : {}
  return { ...object, [first]: withValue(object[first], rest, given) }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
