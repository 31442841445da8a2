import { hasTooManyValues, isTooDeep, parseExact } from '@slipway/contracts'
import { type BodyRules, fieldsOfForm, readBody } from '../api/read-body.ts'
import type { RawRequestBody } from '../http/raw-body.ts'

const rules: BodyRules = {
  // Lists and objects come as JSON in a field.
  fieldsOf: form => fieldsOfForm(form, () => false, fieldValue),
  vast: 'kept',
  names: { urlencoded: 'Form', multipart: 'Form' },
}

/**
 * Reads a request body: JSON, or a form with the same names. No bytes are no body, whatever they are called; undefined
 * then. @throws `malformed`, `unsupported_media_type` with the texts that clients know
 */
export const readFields = (body: RawRequestBody): Promise<unknown> => readBody(body, rules)

function fieldValue(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return isTooDeep(text) || hasTooManyValues(Buffer.from(text)) ? text : parseExact(text)
  } catch {
    return text
  }
}
