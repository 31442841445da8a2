import { failure, hasTooManyValues, isFailure, isTooDeep, parseExact } from '@slipway/contracts'
import { type FormFields, readMultipart, readUrlencoded } from '../http/form-body.ts'
import { readJson } from '../http/json-body.ts'
import { mediaType, type RawRequestBody } from '../http/raw-body.ts'

/**
 * Reads a request body: JSON, or a form with the same names. No bytes are no body, whatever they are called; undefined
 * then. @throws `malformed`, `unsupported_media_type` with the texts that clients know
 */
export async function readBody({ bytes, contentType }: RawRequestBody): Promise<unknown> {
  if (bytes.length === 0) return undefined
  const type = mediaType(contentType)
  try {
    if (type === 'application/json' || type === '') return readJson(bytes, { vast: 'kept' })
    if (type === 'application/x-www-form-urlencoded') return fieldsOf(readUrlencoded(bytes))
    if (type === 'multipart/form-data') return fieldsOf(await readMultipart(bytes, contentType))
  } catch (error) {
    const kind = type.includes('form') ? 'Form' : 'JSON'
    throw isFailure(error, 'malformed') ? failure('malformed', `${kind} parse error - ${error.message}`) : error
  }
  throw failure('unsupported_media_type', `Unsupported media type "${contentType}" in request.`)
}

/** A form as the object that JSON would have been; lists and objects come as JSON in a field. */
function fieldsOf(form: FormFields): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null)
  for (const [name, value] of form) fields[name] = typeof value === 'string' ? fieldValue(value) : {}
  return fields
}

function fieldValue(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return isTooDeep(text) || hasTooManyValues(Buffer.from(text)) ? text : parseExact(text)
  } catch {
    return text
  }
}
