import { describe, expect, it } from 'vitest'
import { parseText, readAttributes } from './attributes.ts'

describe('a text', () => {
  it.each([
    ['5', 5],
    ['-3', -3],
    ['0.5', 0.5],
    ['true', true],
    ['false', false],
    ['007', '007'],
    ['1.50', '1.50'],
    ['-0', '-0'],
    ['1e3', '1e3'],
    ['12345678901234567890', '12345678901234567890'],
    ['True', 'True'],
    ['', ''],
    [' 5', ' 5'],
  ])('%j is read as %j', (text, value) => {
    expect(parseText(text)).toBe(value)
  })
})

describe('an edit', () => {
  const id = 'SD_00000000'

  it('sets and removes', () => {
    expect(readAttributes({ a: '1', b: null, c: ['x', '2', true], 'genestack:accession': id }, id)).toEqual({
      set: { a: 1, c: ['x', 2, true] },
      remove: ['b'],
    })
    expect(readAttributes(undefined, id)).toEqual({ set: {}, remove: [] })
  })

  it('keeps attributes that have the names of other things', () => {
    const { set } = readAttributes(JSON.parse('{"__proto__":"x","constructor":"y"}'), id)
    expect(Object.entries(set)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
  })

  it.each([[[]], ['text'], [null], [{ a: {} }], [{ a: [null] }], [{ a: '\0' }], [{ 'genestack:accession': 'other' }]])(
    '%j is refused',
    body => {
      expect(() => readAttributes(body, id)).toThrow(expect.objectContaining({ code: 'invalid' }))
    },
  )
})
