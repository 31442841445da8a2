import { failure } from '@slipway/contracts'
import { boundaryOf, mostFields, standsMoreThan, tooManyFields } from './form-limits.ts'

/** Fields of a form in the order they were sent; a name may come more than once. A file stands for its bytes. */
export type FormFields = readonly (readonly [name: string, value: string | File])[]

const utf8 = new TextDecoder('utf-8', { fatal: true })
const noUtf8 = (cause?: unknown) => failure('malformed', 'The form is not valid UTF-8', { cause })

/**
 * Reads `application/x-www-form-urlencoded`.
 * @throws `malformed` for bytes that are no UTF-8, percent-encoded ones too; `too_large` for too many fields
 */
export function readUrlencoded(bytes: Uint8Array): FormFields {
  if (standsMoreThan(mostFields - 1, '&', bytes)) throw tooManyFields()
  try {
    const text = utf8.decode(bytes)
    // A stray `%` stands for itself.
    for (const [run] of text.matchAll(/(?:%[\da-f]{2})+/gi)) decodeURIComponent(run)
    return [...new URLSearchParams(text)]
  } catch (cause) {
    throw noUtf8(cause)
  }
}

const replacement = Buffer.from('\u{fffd}')

/**
 * Reads `multipart/form-data`.
 * @throws `malformed` when the boundary is missing, the parts cannot be told apart, or a text is no UTF-8; `too_large` for
 * too many of them
 */
export async function readMultipart(bytes: Uint8Array, contentType: string): Promise<FormFields> {
  const boundary = boundaryOf(contentType)
  // That of the end is one more.
  if (boundary !== undefined && standsMoreThan(mostFields + 1, `--${boundary}`, bytes)) throw tooManyFields()
  const fields = await partsOf(bytes, contentType)
  // The parser replaces what it cannot read; a client may have sent that character itself.
  const replaced = fields.some(part => part.some(text => typeof text === 'string' && text.includes('\u{fffd}')))
  if (replaced && !Buffer.from(bytes).includes(replacement)) throw noUtf8()
  return fields
}

async function partsOf(bytes: Uint8Array, contentType: string): Promise<FormFields> {
  try {
    const body = new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { 'content-type': contentType } })
    return [...(await body.formData())]
  } catch (cause) {
    throw failure('malformed', 'The parts of the form can not be told apart', { cause })
  }
}
