import { expect, test } from 'vitest'
import { decodeJson, encodeBody, rawJson, text } from './json.ts'

test.for([
  [undefined, ''],
  [null, 'null'],
  [{ a: 1 }, '{"a":1}'],
  ['ä', '"ä"'],
  [rawJson('{ "as": "it is" }'), '{ "as": "it is" }'],
  [{ raw: Buffer.from('bytes') }, 'bytes'],
  [Buffer.from('bytes'), 'bytes'],
  [{ raw: 'a field', id: 1 }, '{"raw":"a field","id":1}'],
  [{ raw: 7 }, '{"raw":7}'],
  [[], '[]'],
])('a body %j becomes %s', ([body, expected]) => {
  expect(text(encodeBody(body))).toBe(expected)
})

test('bytes are read as JSON, none as nothing, others are malformed', () => {
  expect(decodeJson(Buffer.from('xx{"a":"ä"}').subarray(2))).toEqual({ a: 'ä' })
  expect(decodeJson(new Uint8Array(0))).toBeUndefined()
  expect(() => decodeJson(Buffer.from('{'))).toThrow(expect.objectContaining({ code: 'malformed' }))
  expect(() => decodeJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(expect.objectContaining({ code: 'malformed' }))
})
