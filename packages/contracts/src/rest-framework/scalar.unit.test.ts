import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { choice, flag, integer, text } from './scalar.ts'

/** The value a field reads, or the texts it refuses with. */
function read(field: z.ZodType, value: unknown): unknown {
  const result = field.safeParse(value)
  return result.success ? result.data : { refused: result.error.issues.map(issue => issue.message) }
}

const refused = (message: string) => ({ refused: [message] })
const required = refused('This field is required.')
const notNull = refused('This field may not be null.')

describe('text', () => {
  const name = text({ max: 5 })

  it.each([
    ['abc', 'abc'],
    ['  abc\n', 'abc'],
    ['     abcde     ', 'abcde'],
    [5, '5'],
    [1.5, '1.5'],
    ['🙂🙂🙂🙂🙂', '🙂🙂🙂🙂🙂'],
  ])('reads %j as %j', (value, expected) => expect(read(name, value)).toBe(expected))

  it.each([
    [undefined, required],
    [null, notNull],
    ['', refused('This field may not be blank.')],
    [' \t\n', refused('This field may not be blank.')],
    ['abcdef', refused('Ensure this field has no more than 5 characters.')],
    ['a\0b', refused('Null characters are not allowed.')],
    [true, refused('Not a valid string.')],
    [['abc'], refused('Not a valid string.')],
    [{ abc: 1 }, refused('Not a valid string.')],
  ])('refuses %j', (value, expected) => expect(read(name, value)).toEqual(expected))

  it('takes an empty text only where that is declared', () => {
    expect(read(text({ max: 5, blank: true }), '  ')).toBe('')
    expect(read(text({ max: 5, blank: true }), null)).toEqual(notNull)
  })
})

describe('flag', () => {
  const yes = [true, 1, '1', 't', 'T', 'y', 'Y', 'yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']
  const no = [false, 0, '0', 'f', 'F', 'n', 'N', 'no', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']
  it.each(yes)('reads %j as true', value => expect(read(flag(), value)).toBe(true))
  it.each(no)('reads %j as false', value => expect(read(flag(), value)).toBe(false))

  it.each(['maybe', 'tRUE', '', ' true', 2, -1, [], {}])('refuses %j', value =>
    expect(read(flag(), value)).toEqual(refused('Must be a valid boolean.')),
  )

  it('refuses null and nothing', () => {
    expect(read(flag(), null)).toEqual(notNull)
    expect(read(flag(), undefined)).toEqual(required)
  })
})

describe('integer', () => {
  const count = integer({ min: -2147483648, max: 2147483647 })

  it.each([
    [77, 77],
    ['77', 77],
    ['50.0', 50],
    [' -3 ', -3],
    ['+3', 3],
    [2147483647, 2147483647],
    [-2147483648, -2147483648],
  ])('reads %j as %j', (value, expected) => expect(read(count, value)).toBe(expected))

  it.each([50.5, true, '50%', '50.5', '', 'ten', [], {}, '0x10', '1e3', Number.NaN, '9'.repeat(1001)])(
    'refuses %j',
    value => expect(read(count, value)).toEqual(refused('A valid integer is required.')),
  )

  it('keeps to its range', () => {
    expect(read(count, 2147483648)).toEqual(refused('Ensure this value is less than or equal to 2147483647.'))
    expect(read(count, '99999999999999999999')).toEqual(
      refused('Ensure this value is less than or equal to 2147483647.'),
    )
    expect(read(count, -2147483649)).toEqual(refused('Ensure this value is greater than or equal to -2147483648.'))
    const percent = integer({ min: 0, max: 100 })
    expect(read(percent, 101)).toEqual(refused('Ensure this value is less than or equal to 100.'))
    expect(read(percent, -1)).toEqual(refused('Ensure this value is greater than or equal to 0.'))
    expect([read(percent, 0), read(percent, 100)]).toEqual([0, 100])
  })

  it('refuses null and nothing', () => {
    expect(read(count, null)).toEqual(notNull)
    expect(read(count, undefined)).toEqual(required)
  })
})

describe('choice', () => {
  const level = choice(['info', 'warning', '3'])

  it.each([
    ['info', 'info'],
    ['3', '3'],
    [3, '3'],
  ])('reads %j', (value, expected) => expect(read(level, value)).toBe(expected))

  it.each([
    ['foo', '"foo" is not a valid choice.'],
    ['Info', '"Info" is not a valid choice.'],
    ['', '"" is not a valid choice.'],
    [7, '"7" is not a valid choice.'],
    [true, '"True" is not a valid choice.'],
    [false, '"False" is not a valid choice.'],
  ])('refuses %j', (value, message) => expect(read(level, value)).toEqual(refused(message)))

  it('refuses null and nothing', () => {
    expect(read(level, null)).toEqual(notNull)
    expect(read(level, undefined)).toEqual(required)
  })
})
