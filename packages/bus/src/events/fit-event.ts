import { type EventEnvelope, isJsonObject } from '@slipway/contracts'
import { encodeBody } from '../wire/json.ts'

/** Characters that texts keep at most, tried one after the other. */
const lengths = [65_536, 16_384, 4_096, 1_024, 256]

/**
 * The bytes of an event, of `limit` at most: what tells of a large thing may not outgrow one message. Long texts in its
 * data are cut, the longest first, and `truncated` says so; whoever needs them whole reads the thing itself. The same
 * event always becomes the same bytes. What cannot be cut stays as it is.
 */
export function fitEvent(event: EventEnvelope, limit: number): Uint8Array {
  let bytes = encodeBody(event)
  for (const length of lengths) {
    if (bytes.length <= limit) break
    bytes = encodeBody({ ...event, truncated: true, data: withShortTexts(event.data, length) })
  }
  return bytes
}

function withShortTexts(value: unknown, length: number): unknown {
  if (typeof value === 'string') return value.length > length ? `${value.slice(0, length).toWellFormed()}…` : value
  if (Array.isArray(value)) return value.map(item => withShortTexts(item, length))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withShortTexts(member, length)]))
}
