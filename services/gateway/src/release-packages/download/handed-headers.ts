import type { IncomingHttpHeaders } from 'node:http'

/** Headers of a request that the origin gets to see; nothing else of the client ever reaches it. */
const conditions = ['if-modified-since', 'if-none-match', 'if-unmodified-since'] as const
const ranges = ['range', 'if-range'] as const

/** Headers of the origin's answer that the client gets to see. */
const ofFile = [
  'cache-control',
  'content-disposition',
  'content-type',
  'content-length',
  'etag',
  'expires',
  'last-modified',
  'date',
  'accept-ranges',
  'content-range',
] as const
const ofUnchangedFile = ['cache-control', 'etag', 'expires', 'last-modified', 'date'] as const

/** What is passed on of a client's request. A range is for bytes, so HEAD has none. */
export function headersForOrigin(headers: IncomingHttpHeaders, method: 'GET' | 'HEAD'): Record<string, string> {
  return pick(headers, method === 'GET' ? [...conditions, ...ranges] : conditions)
}

/** What is passed on of an origin's answer with this status. */
export function headersForClient(headers: IncomingHttpHeaders, status: number): Record<string, string> {
  return pick(headers, status === 304 ? ofUnchangedFile : ofFile)
}

function pick(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of names) {
    const value = headers[name]
    if (value !== undefined) picked[name] = asBytes(Array.isArray(value) ? value.join(', ') : value)
  }
  return picked
}

/** Header values are bytes, one a character: what was read as UTF-8 is written as the same bytes again. */
function asBytes(value: string): string {
  return /[\u0100-\uffff]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value
}
