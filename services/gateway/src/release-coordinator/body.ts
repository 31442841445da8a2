import { blankFields, listFields } from '@slipway/contracts'
import type { z } from 'zod'
import { fieldsOfForm, readBody, unsupportedMediaType } from '../api/read-body.ts'
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
export async function readForm({ bytes, contentType }: RawRequestBody, rules: FormRules): Promise<unknown> {
  if (bytes.length === 0) return {}
  const { lists, optional } = rules
  const type = mediaType(contentType)
  const mayBeJson = type === '' || type === 'application/x-www-form-urlencoded'
  const isJson = mayBeJson && beginsWithBrace(bytes)
  if (type === '' && !isJson) throw unsupportedMediaType(contentType)
  const fieldsOf = (form: Parameters<typeof fieldsOfForm>[0]) =>
    fieldsOfForm(
      form,
      name => lists.has(name),
      (text, name) => (text === '' && optional.has(name) && !lists.has(name) ? undefined : text),
    )
  return readBody({ bytes, contentType: isJson ? 'application/json' : contentType }, { fieldsOf })
}

const blanks = new Set([0x20, 0x09, 0x0a, 0x0d])

function beginsWithBrace(bytes: Uint8Array): boolean {
  return bytes.find(byte => !blanks.has(byte)) === 0x7b
}
