import { badVersions, basicCredentials } from '@slipway/testing'
import type { DescribedOperation } from './described-operations.ts'

export type BadRequest = {
  readonly what: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
}

/** What is no text, number or date, or just beyond one, as a part of a path or of a query. */
const badParts = [
  ...['%00', 'a%00b', '%FF', '%ED%A0%80', '9223372036854775808', '9007199254740993', '2147483648', '-2147483649'],
  ...['1e400', 'NaN', '-0', '0000-01-01', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59-23:59', '2023-02-30'],
]
/** Those that forms can hold. */
const badFormParts = ['a%00b', '%FF', '%ED%A0%80', '9223372036854775808', '0000-01-01']

const badHeaders: readonly Readonly<Record<string, string>>[] = [
  { authorization: basicCredentials('a\0b', 'x') },
  { authorization: basicCredentials('a', 'x\0') },
  { authorization: `Basic ${Buffer.from([0xff, 0x3a, 0xed, 0xa0, 0x80]).toString('base64')}` },
  { authorization: 'Bearer \u00ff\u00fe' },
  { authorization: 'Token \u00ff' },
  { cookie: 'slipway_session=%00; other=\u00ff' },
  { 'genestack-api-token': '\u00ff' },
  { 'last-event-id': '9223372036854775808' },
  { prefer: 'wait=1e400' },
  { range: 'bytes=9223372036854775808-' },
  { 'content-type': '\u00ff/\u00fe' },
]
/** These change what a request does, not who sends it. */
const conditions: readonly Readonly<Record<string, string>>[] = [
  { 'idempotency-key': '\u00ff\u00fe' },
  { 'if-match': '"\u00ff", W/"x"' },
  { 'if-none-match': '\u00ff' },
  ...['Sat, 01 Jan 0000 00:00:00 GMT', 'Sun, 01 Jan 275760 00:00:00 GMT', '-1', '9223372036854775808'].flatMap(date => [
    { 'if-modified-since': date },
    { 'if-unmodified-since': date },
  ]),
  { 'pdc-change-comment': 'a\u00ed\u00a0\u0080b' },
  { traceparent: '00-\u00ff-\u00ff-01' },
]

/**
 * `known`: the value that a parameter of a path has when it is right. `isFirst`: of its API and method; headers, which are
 * read alike everywhere, are tried on these only.
 */
export function* badRequests(
  operation: DescribedOperation,
  known: (name: string, operation: DescribedOperation) => string,
  authorization: string,
  isFirst: boolean,
): Generator<BadRequest> {
  const { api, method, path, query } = operation
  const headers = { authorization }
  const right = path.replaceAll(/\{([^}]+)\}/g, (_all, name: string) => known(name, operation))
  const at = `${api}: ${method} ${path}`
  for (const [place] of path.matchAll(/\{[^}]+\}/g)) {
    for (const part of badParts) {
      const bad = path.replace(place, part).replaceAll(/\{([^}]+)\}/g, (_all, name: string) => known(name, operation))
      yield { what: `${at} ${place} = ${part}`, method, path: bad, headers }
    }
  }
  for (const name of query) {
    for (const part of badParts) {
      yield { what: `${at} ?${name} = ${part}`, method, path: `${right}?${name}=${part}`, headers }
    }
  }
  yield { what: `${at} with odd names in the query`, method, path: `${right}?%00=1&%FF=1`, headers }
  if (method === 'POST' || method === 'PUT' || method === 'PATCH') {
    for (const { what, ...body } of badBodies(operation)) {
      yield {
        what: `${at} ${what}`,
        method,
        path: right,
        headers: { ...headers, 'content-type': body.type },
        body: body.bytes,
      }
    }
  }
  if (!isFirst) return
  for (const given of conditions) {
    yield { what: `${at} with ${JSON.stringify(given)}`, method, path: right, headers: { ...headers, ...given } }
  }
  if (method === 'GET') {
    for (const given of badHeaders)
      yield { what: `${at} with ${JSON.stringify(given)}`, method, path: right, headers: given }
  }
}

type BadBody = { readonly what: string; readonly type: string; readonly bytes: Buffer }

function* badBodies({ api, body, types }: DescribedOperation): Generator<BadBody> {
  const json = 'application/json'
  for (const text of ['"\\ud800"', '"\\u0000"', '1e400', '{"a":1e400}', '{"\\ud800":1}', '[1e400]']) {
    yield { what: text, type: json, bytes: Buffer.from(text) }
  }
  for (const type of [json, 'application/x-www-form-urlencoded', 'text/plain', 'application/x-ndjson']) {
    yield { what: `bytes as ${type}`, type, bytes: Buffer.from([0x7b, 0x22, 0xff, 0xed, 0xa0, 0x80, 0x00]) }
  }
  // What operations make of fields is tested on the bus; here it is how they get there, and what the gateway keeps.
  const own = api === 'platform' || api === 'webhooks'
  for (const { what, bytes } of badVersions(body)) {
    if (own || /\\u0000b"$|\\ud800b"$/.test(what)) yield { what, type: json, bytes }
  }
  for (const name of Object.keys(typeof body === 'object' && body !== null ? body : {})) {
    for (const part of badFormParts) {
      const type = 'application/x-www-form-urlencoded'
      yield { what: `form ${name} = ${part}`, type, bytes: Buffer.from(`${name}=${part}`) }
    }
    yield { ...multipart(`name="${name}"`, [0x61, 0x00, 0xff]), what: `multipart ${name} with bytes` }
  }
  if (!types.some(type => type.startsWith('multipart'))) return
  for (const filename of [
    'filename="a\0b"',
    'filename="\xff\xed\xa0\x80"',
    "filename*=utf-8''a%00b",
    "filename*=utf-8''%FF",
  ]) {
    yield { ...multipart(`name="file"; ${filename}`, [0x31]), what: `a file with ${JSON.stringify(filename)}` }
  }
}

function multipart(disposition: string, content: readonly number[]) {
  const head = Buffer.from(`--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`, 'latin1')
  return {
    type: 'multipart/form-data; boundary=b',
    bytes: Buffer.concat([head, Buffer.from(content), Buffer.from('\r\n--b--\r\n')]),
  }
}
