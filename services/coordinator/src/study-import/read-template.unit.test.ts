import { describe, expect, it } from 'vitest'
import { readTemplate } from './read-template.ts'

describe('a template', () => {
  it('is a line of names and a line of values', () => {
    expect(readTemplate('Study Title\tYear\r\nCodes\t2020\r\n')).toEqual({ 'Study Title': 'Codes', Year: 2020 })
  })

  it.each([
    ['one', 'one'],
    [' a | b ', ['a', 'b']],
    ['a||b', 'a|b'],
    ['a||b|c', ['a|b', 'c']],
    ['1|2', [1, 2]],
    ['|x|', 'x'],
  ])('has %j read as %j', (field, value) => {
    expect(readTemplate(`name\n${field}`)).toEqual({ name: value })
  })

  it('leaves empty values out, and does not take an accession', () => {
    expect(readTemplate('a\tb\tgenestack:accession\n\tx\tSD_00000000\n\n')).toEqual({ b: 'x' })
  })

  it.each([[''], ['only names'], ['a\nb\nc'], ['a\nx\ty'], ['a\ta\nx\ty'], ['\nx'], ['a\n\0']])('%j is none', text => {
    expect(() => readTemplate(text)).toThrow(expect.objectContaining({ code: 'invalid' }))
  })
})
