import { expect, test } from 'vitest'
import { readJson } from './json-body.ts'

const bytes = (text: string) => Buffer.from(text)
const nested = (depth: number, inner = '') => '['.repeat(depth) + inner + ']'.repeat(depth)

test('reads JSON of every kind', () => {
  expect(readJson(bytes('{"a":[1,"ü",null,true]}'))).toEqual({ a: [1, 'ü', null, true] })
  expect(readJson(bytes(' "text" '))).toBe('text')
})

test.each(['', '{', '{"a":NaN}', "{'a':1}", 'undefined'])('refuses %j', text => {
  expect(() => readJson(bytes(text))).toThrow(expect.objectContaining({ code: 'malformed', status: 400 }))
})

test('refuses bytes that are no UTF-8, instead of replacing them', () => {
  expect(() => readJson(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toThrow('The body is not valid UTF-8')
})

test('counts depth outside of texts only', () => {
  expect(() => readJson(bytes(nested(500)))).not.toThrow()
  expect(() => readJson(bytes(nested(501)))).toThrow(/More than 500/)
  const brackets = JSON.stringify({ a: `"${'[{'.repeat(2000)}\\` })
  expect(readJson(bytes(brackets))).toEqual(JSON.parse(brackets))
  // Many beside each other are not deep.
  expect(() => readJson(bytes(`[${Array.from({ length: 2000 }, () => '{}').join()}]`))).not.toThrow()
})

test('depth that would end the process is refused', () => {
  expect(() => readJson(bytes(nested(400_000)))).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test('refuses what would become very many values, before it does', () => {
  const many = bytes(`{"a":[${'{},'.repeat(500_000)}{}]}`)
  expect(() => readJson(many)).toThrow(expect.objectContaining({ code: 'too_large', status: 413 }))
})
