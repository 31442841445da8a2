import { failure } from '@slipway/contracts'
import { boundaryOf, mostFields, standsMoreThan, tooManyFields } from './form-limits.ts'

/** Fields of a form in the order they were sent; a name may come more than once. A file stands for its bytes. */
export type FormFields = readonly (readonly [name: string, value: string | File])[]

/**
 * Reads `application/x-www-form-urlencoded`. What is not valid UTF-8 in it becomes U+FFFD.
 * @throws `too_large` for too many fields
 */
export function readUrlencoded(bytes: Uint8Array): FormFields {
  if (standsMoreThan(mostFields - 1, '&', bytes)) throw tooManyFields()
  return [...new URLSearchParams(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))]
}

/**
 * Reads `multipart/form-data`.
 * @throws `malformed` when the boundary is missing or the parts cannot be told apart, `too_large` for too many of them
 */
export async function readMultipart(bytes: Uint8Array, contentType: string): Promise<FormFields> {
  const boundary = boundaryOf(contentType)
  // That of the end is one more.
  if (boundary !== undefined && standsMoreThan(mostFields + 1, `--${boundary}`, bytes)) throw tooManyFields()
  try {
    const body = new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { 'content-type': contentType } })
    return [...(await body.formData())]
  } catch (cause) {
    throw failure('malformed', 'The parts of the form can not be told apart', { cause })
  }
}
