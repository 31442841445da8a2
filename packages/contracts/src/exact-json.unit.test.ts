import { describe, expect, it, vi } from 'vitest'
import { isExactNumber, numberText, parseExact } from './exact-json.ts'

describe('parseExact', () => {
  it.each([
    '12345678901234567890',
    '-9007199254740993',
    '{"a":[9007199254740993,1]}',
    '{"f":1.0,"g":-2.50}',
    '[1e2,1E+400,-1.5e-7]',
    '{"z":-0,"small":0.0000001}',
    '[0.12345678901234567890123456789]',
    '[100000000000000000000000]',
    '{"text":"see 1.0, 12345678901234567890","n":[1.10]}',
  ])('writes %s again as it was', text => expect(JSON.stringify(parseExact(text))).toBe(text))

  it.each(['0', '-1.5', '123456789012345', '9007199254740992', '0.1', '[1,{"a":0.25}]', '"1.0"', 'null'])(
    'reads %s as anybody does',
    text => expect(parseExact(text)).toEqual(JSON.parse(text)),
  )

  it.each([
    '{"created_at":"2026-11-30T16:00:00.120Z","ends":"2026-11-30T16:00:00.000+00:00","n":[1,-2,0.25]}',
    '{"id":"900000000000207008","url":"/concepts/900000000000207008/","version":"1.10","hash":"1e5-0","name":"-0 mm"}',
  ])('does not look at each value of %s', text => {
    const parse = vi.spyOn(JSON, 'parse')
    parseExact(text)
    expect(parse.mock.calls).toEqual([[text]])
    parse.mockRestore()
  })

  it.each([
    ['1', '.50', 'e3'],
    ['0', '.00000012', 'E-9'],
    ['-0', '.0', 'e0'],
    ['-12345678901234567', '.12345678901234567', 'e+21'],
  ])('keeps %s, with %s and %s, wherever it stands', (whole, fraction, exponent) => {
    for (const number of [whole, whole + fraction, whole + exponent, whole + fraction + exponent]) {
      const texts = [number, `[${number}]`, `[${number},${number}]`, `{"a":${number}}`, `{"a":{"b":[${number},1]}}`]
      for (const text of texts) expect(JSON.stringify(parseExact(text))).toBe(text)
      expect(JSON.stringify(parseExact(`[ ${number} ,\n${number}\t]`))).toBe(`[${number},${number}]`)
    }
  })

  it('tells only those numbers apart that would change', () => {
    const read = parseExact('[1, 1.0, 9007199254740993, 2.5, "1.0", 1e21]') as unknown[]
    expect(read.map(isExactNumber)).toEqual([false, true, true, false, false, true])
    expect(read.map(numberText)).toEqual(['1', '1.0', '9007199254740993', '2.5', undefined, '1e21'])
  })

  it('refuses what is no JSON', () => {
    for (const text of ['1.', '{', '[01]', '1.0.0', '']) expect(() => parseExact(text)).toThrow(SyntaxError)
  })
})
