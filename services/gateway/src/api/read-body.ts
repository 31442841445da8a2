import { failure, isFailure } from '@slipway/contracts'
import { type FormFields, readMultipart, readUrlencoded } from '../http/form-body.ts'
import { readJson } from '../http/json-body.ts'
import { mediaType, type RawRequestBody } from '../http/raw-body.ts'

export type BodyRules = {
  /** What the fields of a form are, as the object that JSON would have been. */
  readonly fieldsOf: (form: FormFields) => Record<string, unknown>
  /** What becomes of numbers beyond every range in JSON. Default: `refused`. */
  readonly vast?: 'refused' | 'kept'
  /** How errors name a form that is encoded like a URL, and one of parts. */
  readonly names?: { readonly urlencoded?: string; readonly multipart?: string }
  /** A form as it is to be read. */
  readonly urlencoded?: (bytes: Buffer) => Uint8Array
}

/**
 * Reads a body as the frameworks of the original APIs do: JSON (also what has no label) and both kinds of forms. No
 * bytes are no body, whatever they are called: undefined then.
 * @throws `malformed`, `unsupported_media_type` with the texts that clients know
 */
export async function readBody({ bytes, contentType }: RawRequestBody, rules: BodyRules): Promise<unknown> {
  if (bytes.length === 0) return undefined
  const { fieldsOf, vast = 'refused', names = {}, urlencoded = given => given } = rules
  switch (mediaType(contentType)) {
    case '':
    case 'application/json':
      return named('JSON', () => readJson(bytes, { vast }))
    case 'application/x-www-form-urlencoded':
      return named(names.urlencoded, () => fieldsOf(readUrlencoded(urlencoded(bytes))))
    case 'multipart/form-data':
      return named(names.multipart ?? 'Multipart form', async () => fieldsOf(await readMultipart(bytes, contentType)))
    default:
      throw unsupportedMediaType(contentType)
  }
}

export const unsupportedMediaType = (contentType: string) =>
  failure('unsupported_media_type', `Unsupported media type "${contentType}" in request.`)

/** Says of a body that cannot be read what it was read as. */
async function named<Value>(kind: string | undefined, read: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await read()
  } catch (error) {
    if (kind === undefined || !isFailure(error, 'malformed')) throw error
    throw failure('malformed', `${kind} parse error - ${error.message}`)
  }
}

/**
 * A form as an object: a name that comes more than once makes a list where the field is one, else its last value counts. A
 * file is no text, and reported as such by the check of its field. A value that is undefined means "not given".
 */
export function fieldsOfForm(
  form: FormFields,
  isList: (name: string) => boolean,
  valueOfText: (text: string, name: string) => unknown = text => text,
): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null)
  for (const [name, given] of form) {
    const value = typeof given === 'string' ? valueOfText(given, name) : {}
    if (isList(name)) fields[name] = [...((fields[name] as unknown[] | undefined) ?? []), value]
    else if (value === undefined) delete fields[name]
    else fields[name] = value
  }
  return fields
}
