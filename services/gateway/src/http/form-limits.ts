import { failure } from '@slipway/contracts'

/** Fields of one form, or parts of one: as many as Django takes, which three of the APIs come from. */
export const mostFields = 1_000
/** Header lines of one part. */
export const mostPartHeaders = 100

export const tooManyFields = () => failure('too_large', `The form has more than ${mostFields} fields.`)

/** What parts begin with, by the content type of a `multipart/form-data` body; undefined if it does not say. */
export function boundaryOf(contentType: string): string | undefined {
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? []
  return quoted ?? bare
}

/** Whether some bytes stand more than so many times in others. Looks no further than it must. */
export function standsMoreThan(most: number, needle: string, bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let count = 0
  for (let at = buffer.indexOf(needle); at >= 0; at = buffer.indexOf(needle, at + needle.length)) {
    if (++count > most) return true
  }
  return false
}
