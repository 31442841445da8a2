import { failure, isFailure, type PdcResource } from '@slipway/contracts'
import { z } from 'zod'
import { type FormFields, readMultipart, readUrlencoded } from '../http/form-body.ts'
import { readJson } from '../http/json-body.ts'
import { mediaType, type RawRequestBody } from '../http/raw-body.ts'

/**
 * Reads a request body: JSON or a form. Clients of PDC label every request as JSON, so no bytes are no body, whatever
 * they are called; undefined then.
 * @throws `malformed`, `unsupported_media_type` with the texts that clients know
 */
export async function readBody({ bytes, contentType }: RawRequestBody, resource: PdcResource): Promise<unknown> {
  if (bytes.length === 0) return undefined
  const type = mediaType(contentType)
  try {
    if (type === 'application/json' || type === '') return readJson(bytes)
  } catch (error) {
    throw isFailure(error, 'malformed') ? failure('malformed', `JSON parse error - ${error.message}`) : error
  }
  if (type === 'application/x-www-form-urlencoded') return fields(readUrlencoded(withAmpersands(bytes)), resource)
  if (type !== 'multipart/form-data') {
    throw failure('unsupported_media_type', `Unsupported media type "${contentType}" in request.`)
  }
  try {
    return fields(await readMultipart(bytes, contentType), resource)
  } catch (error) {
    throw isFailure(error, 'malformed') ? failure('malformed', `Multipart form parse error - ${error.message}`) : error
  }
}

/** Of a form in Django, `;` separates fields like `&`. */
const withAmpersands = (bytes: Uint8Array): Uint8Array => bytes.map(byte => (byte === 0x3b ? 0x26 : byte))

/** A form as the object that JSON would have been; repeated fields make lists where the resource has lists. */
function fields(form: FormFields, { body }: PdcResource): Record<string, unknown> {
  const lists = new Set(Object.keys(body).filter(name => isList(body[name] as z.ZodType)))
  const values: Record<string, unknown> = Object.create(null)
  for (const [name, given] of form) {
    const value = typeof given === 'string' ? given : {}
    if (lists.has(name)) values[name] = [...((values[name] as unknown[] | undefined) ?? []), value]
    else values[name] = value
  }
  return values
}

const isList = (schema: z.ZodType): boolean => {
  const inner = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? schema.unwrap() : schema
  return (inner as z.ZodType).meta()?.type === 'array'
}
