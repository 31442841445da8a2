import { describe, expect, it } from 'vitest'
import { booleanFilter, isTruthy, limitOf, pageOf, updatedSinceOf } from './query.ts'

const since = (value: string) => updatedSinceOf({ updatedSince: [value] })

describe('updatedSince', () => {
  it.each([
    ['2015-05-17T10:20:30.123Z', '2015-05-17T10:20:30.123Z'],
    ['2015-05-17T10:20:30Z', '2015-05-17T10:20:30.000Z'],
    ['2015-05-17T10:20:30', '2015-05-17T10:20:30.000Z'],
    ['2015-05-17 10:20:30.5', '2015-05-17T10:20:30.500Z'],
    ['2015-05-17', '2015-05-17T00:00:00.000Z'],
    ['2015-05-17T10:20:30+02:00', '2015-05-17T08:20:30.000Z'],
    ['2015-05-17T10:20:30 02:00', '2015-05-17T08:20:30.000Z'],
    ['2015-05-17T10:20:30-0500', '2015-05-17T15:20:30.000Z'],
  ])('reads %s', (text, expected) => expect(since(text)).toBe(expected))

  it.each(['', 'yesterday', '2015-13-45', '2015-05-17T99:00:00'])('ignores %s', text => expect(since(text)).toBeNull())
})

describe('numbers and words', () => {
  it('fall back where they are wrong', () => {
    expect(limitOf({})).toBe(10)
    expect(limitOf({ limit: ['-1'] })).toBe(10)
    expect(limitOf({ limit: ['x'] })).toBe(10)
    expect(limitOf({ limit: ['0'] })).toBe(0)
    expect(limitOf({ limit: ['100000'] })).toBe(100_000)
    expect(pageOf({ page: ['0'] })).toBe(1)
  })

  it('tell truth from other words', () => {
    for (const word of ['true', 'True', '1']) expect(isTruthy({ a: [word] }, 'a')).toBe(true)
    for (const word of ['false', 'yes', 'TRUE', '']) expect(isTruthy({ a: [word] }, 'a')).toBe(false)
    expect(booleanFilter({ a: ['TRUE'] }, 'a')).toBe(true)
    expect(booleanFilter({ a: ['False'] }, 'a')).toBe(false)
    expect(booleanFilter({ a: ['1'] }, 'a')).toBeNull()
  })
})
