import { z } from 'zod'
import type { ErrorDetail } from './error.ts'
import { deepestInput as deepest } from './json-depth.ts'
import { readBySchema } from './read-by-schema.ts'
import { isChecked } from './rest-framework/checked-bodies.ts'

/**
 * The boundary for values. JSON, forms and addresses can carry what is neither text nor number: the character U+0000,
 * which PostgreSQL does not store; halves of surrogate pairs, which no encoding of Unicode has; numbers beyond every
 * range (`1e400`). Whatever takes input from outside refuses these before it does anything else.
 */

export type Unfit = { readonly reason: string; readonly message: string }

const nullCharacters: Unfit = { reason: 'null_characters', message: 'Null characters are not allowed.' }
const notANumber: Unfit = { reason: 'not_a_number', message: 'A valid number is required.' }
const tooDeep: Unfit = { reason: 'too_deep', message: 'Too many lists and objects within each other.' }

/** What is wrong beyond these is not told: the answer has to fit into a message. */
const mostDetails = 50

/** Why a text is none; undefined for every other. The sentences are those of Django REST framework. */
export function unfitText(text: string): Unfit | undefined {
  if (text.includes('\0')) return nullCharacters
  if (text.isWellFormed()) return undefined
  const codePoint = (/\p{Surrogate}/u.exec(text)?.[0] ?? '').charCodeAt(0)
  const message = `Surrogate characters are not allowed: U+${codePoint.toString(16).toUpperCase()}.`
  return { reason: 'surrogate_characters', message }
}

/** The text with U+FFFD for every character that is none: for what is looked up, where an odd text is simply not found. */
export function fitText(text: string): string {
  return unfitText(text) === undefined ? text : text.toWellFormed().replaceAll('\0', '\u{fffd}')
}

/** What is unfit within a JSON value, names in objects included. */
export function unfitValues(value: unknown): readonly ErrorDetail[] {
  if (isFit(value, 0)) return none
  const found: ErrorDetail[] = []
  look(value, [], found)
  return found
}

const none: readonly ErrorDetail[] = []

/** Says only whether, in a fraction of the time: imports have millions of values. */
function isFit(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return unfitOf(value) === undefined
  if (isChecked(value)) return true
  if (depth > deepest) return false
  if (Array.isArray(value)) return value.every(item => isFit(item, depth + 1))
  for (const name in value) {
    if (unfitText(name) || !isFit((value as Readonly<Record<string, unknown>>)[name], depth + 1)) return false
  }
  return true
}

function look(value: unknown, path: readonly (string | number)[], found: ErrorDetail[]): void {
  if (found.length >= mostDetails) return
  const unfit = unfitOf(value) ?? (path.length > deepest ? tooDeep : undefined)
  if (unfit) return void found.push({ path: unfit === tooDeep ? path.slice(0, 1) : path, ...unfit })
  if (typeof value !== 'object' || value === null || isChecked(value)) return
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) look(item, [...path, index], found)
    return
  }
  for (const [name, item] of Object.entries(value)) {
    const inner = [...path, fitText(name)]
    const unfitName = unfitText(name)
    if (unfitName) found.push({ path: inner, ...unfitName })
    else look(item, inner, found)
  }
}

function unfitOf(value: unknown): Unfit | undefined {
  if (typeof value === 'string') return unfitText(value)
  return typeof value === 'number' && !Number.isFinite(value) ? notANumber : undefined
}

const judgedLater = new WeakSet<z.ZodType>()

/** A field of an operation's input whose texts the handler judges itself, because its API has words of its own for them. */
export function judgedByHandler<Schema extends z.ZodType>(schema: Schema): Schema {
  judgedLater.add(schema)
  return schema
}

export type ReadInput<Schema extends z.ZodType> =
  | { readonly success: true; readonly data: z.output<Schema> }
  | { readonly success: false; readonly details: readonly ErrorDetail[] }

/** Input by its schema: its values, or everything that is wrong with it, unfit values among it. */
export function readInput<Schema extends z.ZodType>(schema: Schema, value: unknown): ReadInput<Schema> {
  const parsed = readBySchema(schema, value)
  if (!parsed.success) return { success: false, details: parsed.error.issues.map(detailOf) }
  // Looked for in what was read: a schema may have mended a value, or dropped it.
  const unfit = unfitValues(parsed.data).filter(({ path }) => !isJudgedLater(schema, path[0]))
  if (unfit.length === 0) return { success: true, data: parsed.data }
  return { success: false, details: unfit.map(({ path, ...detail }) => ({ path: knownName(path), ...detail })) }
}

function isJudgedLater(schema: z.ZodType, name: string | number | undefined): boolean {
  const field = schema instanceof z.ZodObject && name !== undefined ? schema.shape[name] : undefined
  return field instanceof z.ZodType && judgedLater.has(field)
}

/** A place as callers of the HTTP APIs know it: fields of the body and parameters of the query by their names alone. */
function knownName(path: readonly (string | number)[]): readonly (string | number)[] {
  const [first, ...rest] = path
  if (rest.length === 0) return path
  if (first === 'body') return rest
  return first === 'query' ? rest.slice(0, 1) : path
}

/** An issue of zod as a detail. A refinement may name its reason itself: `params: { reason: 'blank' }`. */
function detailOf(issue: z.core.$ZodIssue): ErrorDetail {
  const own = issue.code === 'custom' ? issue.params?.reason : undefined
  return {
    path: issue.path.map(step => (typeof step === 'symbol' ? String(step) : step)),
    reason: typeof own === 'string' ? own : (issue.code ?? 'invalid'),
    message: issue.message,
  }
}
