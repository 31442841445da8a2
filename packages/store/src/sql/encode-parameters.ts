/**
 * Turns values into what the wire takes: text, bytes or null.
 *
 * `pg` would do it itself, but late: after it has written half of the messages of a statement. A value that cannot be
 * encoded (a circular object, a bigint in JSON) then leaves a connection on which the statement's name is broken for
 * ever. Encoded here, it throws before anything is sent.
 *
 * A JavaScript array becomes a Postgres array. For a `json` parameter that is an array, pass `JSON.stringify(array)`.
 */
export function encodeParameters(values: readonly unknown[]): (string | Buffer | null)[] {
  return values.map(encode)
}

function encode(value: unknown): string | Buffer | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  if (typeof value !== 'object') return String(value)
  if (ArrayBuffer.isView(value)) return bytes(value)
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return arrayLiteral(value)
  return JSON.stringify(value)
}

function bytes(view: ArrayBufferView): Buffer {
  return Buffer.isBuffer(view) ? view : Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}

function arrayLiteral(values: readonly unknown[]): string {
  return `{${values.map(arrayElement).join(',')}}`
}

function arrayElement(value: unknown): string {
  if (Array.isArray(value)) return arrayLiteral(value)
  const encoded = encode(value)
  if (encoded === null) return 'NULL'
  const text = typeof encoded === 'string' ? encoded : `\\x${encoded.toString('hex')}`
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
