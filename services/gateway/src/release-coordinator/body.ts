import { blankFields, failure, isFailure, listFields } from '@slipway/contracts'
import type { z } from 'zod'
import { type FormFields, readMultipart, readUrlencoded } from '../http/form-body.ts'
import { readJson } from '../http/json-body.ts'
import { mediaType, type RawRequestBody } from '../http/raw-body.ts'

/** What the decoding of a form must know of the fields. */
export type FormRules = {
  /** A repeated field makes a list; of others the last value counts. */
  readonly lists: ReadonlySet<string>
  /** An empty value means "not given", because the field has a default. */
  readonly optional: ReadonlySet<string>
}

/** The rules for a body declared with `body(…)` (not `partialBody`, which does not tell which fields have defaults). */
export function formRules(body: z.ZodType): FormRules {
  const { properties = {} } = (body.meta() ?? {}) as { properties?: Record<string, Property> }
  const blank = blankFields(body)
  const optional = Object.entries(properties)
    .filter(([name, { type, ...field }]) => 'default' in field && !blank.has(name) && !type?.includes('null'))
    .map(([name]) => name)
  return { lists: listFields(body), optional: new Set(optional) }
}

type Property = { readonly type?: string | readonly string[]; readonly default?: unknown }

/**
 * Reads a request body as the Kids First Release Coordinator does: JSON and both kinds of forms, nothing for an empty
 * one of any type. JSON that is labelled as a form, or not at all (what curl sends for the documented examples), is
 * read as JSON.
 * @throws `malformed` with the text that clients know, `unsupported_media_type`
 */
export async function readBody({ bytes, contentType }: RawRequestBody, rules: FormRules): Promise<unknown> {
  if (bytes.length === 0) return {}
  const type = mediaType(contentType)
  if (type === 'application/json') return json(bytes)
  if (type === 'application/x-www-form-urlencoded' || type === '') {
    if (beginsWithBrace(bytes)) return json(bytes)
    if (type !== '') return fields(readUrlencoded(bytes), rules)
  }
  if (type === 'multipart/form-data') return fields(await multipart(bytes, contentType), rules)
  throw failure('unsupported_media_type', `Unsupported media type "${contentType}" in request.`)
}

function json(bytes: Uint8Array): unknown {
  try {
    return readJson(bytes)
  } catch (error) {
    throw isFailure(error, 'malformed') ? failure('malformed', `JSON parse error - ${error.message}`) : error
  }
}

async function multipart(bytes: Uint8Array, contentType: string): Promise<FormFields> {
  try {
    return await readMultipart(bytes, contentType)
  } catch (error) {
    throw isFailure(error, 'malformed') ? failure('malformed', `Multipart form parse error - ${error.message}`) : error
  }
}

const blanks = new Set([0x20, 0x09, 0x0a, 0x0d])

function beginsWithBrace(bytes: Uint8Array): boolean {
  return bytes.find(byte => !blanks.has(byte)) === 0x7b
}

/** A form as the object that JSON would have been. Files are no text, and reported as such by whoever reads the field. */
function fields(form: FormFields, { lists, optional }: FormRules): Record<string, unknown> {
  const body: Record<string, unknown> = Object.create(null)
  for (const [name, given] of form) {
    const value = typeof given === 'string' ? given : {}
    if (lists.has(name)) body[name] = [...((body[name] as unknown[] | undefined) ?? []), value]
    else if (value === '' && optional.has(name)) delete body[name]
    else body[name] = value
  }
  return body
}
