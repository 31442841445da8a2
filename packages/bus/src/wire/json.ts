import { failure, parseExact } from '@slipway/contracts'
import type { RawBody } from '../types.ts'

export const noBytes: Uint8Array = new Uint8Array(0)

/** JSON text made elsewhere, e.g. by Postgres, to be sent as it is. */
export function rawJson(text: string): RawBody {
  return { raw: text }
}

/** Encodes a body: raw ones as they are, undefined as no bytes, anything else as JSON. */
export function encodeBody(body: unknown): Uint8Array {
  if (body === undefined) return noBytes
  if (body instanceof Uint8Array) return body
  if (isRaw(body)) return typeof body.raw === 'string' ? Buffer.from(body.raw) : body.raw
  return Buffer.from(JSON.stringify(body) ?? '')
}

/** A resource may have a field `raw` of its own, so only an object with that one field is taken for raw. */
function isRaw(body: unknown): body is RawBody {
  if (typeof body !== 'object' || body === null || !('raw' in body)) return false
  const { raw } = body
  return (typeof raw === 'string' || raw instanceof Uint8Array) && Object.keys(body).length === 1
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Reads JSON by `parseExact`; no bytes are undefined. Throws `malformed`, also for bytes that are no UTF-8. */
export function decodeJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined
  try {
    return parseExact(utf8.decode(bytes))
  } catch (cause) {
    throw failure('malformed', 'The body is not valid JSON.', { cause })
  }
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
