import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { calendarDay, day, filterDay, flag, mapping, reference, references, shortName, version } from './values.ts'

const read = (schema: z.ZodType, value: unknown) => {
  const result = schema.safeParse(value)
  return result.success ? result.data : result.error.issues.map(({ message }) => message)
}
const shortMessage = ['Only accept lowercase letters, numbers or -']
const versionMessage = ['Only accept comma separated numbers or any text']
const dateMessage = ['Date has wrong format. Use one of these formats instead: YYYY[-MM[-DD]].']

describe('short names', () => {
  it.each(['a', 'rhel', 'f42', 'rhel-server', 'a-1-b2'])('%s is one', text =>
    expect(read(shortName(), text)).toBe(text),
  )
  it.each(['Rhel', '1a', 'a-', '-a', 'a--b', 'a_b', 'a.b', 'é'])('%s is none', text =>
    expect(read(shortName(), text)).toEqual(shortMessage),
  )
})

describe('versions', () => {
  it.each(['1', '7.0.2', 'Rawhide', 'x1.', '-'])('%s is one', text => expect(read(version(), text)).toBe(text))
  it('may be a number', () => expect(read(version(), 7.2)).toBe('7.2'))
  it.each(['1.', '1..2', '1a', '7.0.x'])('%s is none', text => expect(read(version(), text)).toEqual(versionMessage))
})

// The patterns of productmd would take longer than the universe has been there.
it('takes no longer for what nearly matches', () => {
  expect(read(shortName(), `${'a'.repeat(199)}!`)).toEqual(shortMessage)
  expect(read(version(), `${'1'.repeat(199)}!`)).toEqual(versionMessage)
})

describe('days', () => {
  it.each([
    ['2017-01-02', '2017-01-02'],
    ['2017-1-2', '2017-01-02'],
    ['2024-02-29', '2024-02-29'],
    ['0001-01-01', '0001-01-01'],
    ['9999-12-31', '9999-12-31'],
  ])('%s is %s', (text, expected) => expect(read(day(), text)).toBe(expected))

  it.each([
    ...['2023-02-29', '2020-12', '2020', '20200101', '2020/01/01', '2020-01-01T00:00:00', '0000-01-01', '10000-01-01'],
    ...['2020-13-01', '2020-001-01', '', 20200101, true, ['2020-01-01']],
  ])('%j is none', value => expect(read(day(), value)).toEqual(dateMessage))

  it('of filters may be American', () => {
    expect(filterDay('12/31/2030')).toBe('2030-12-31')
    expect(filterDay('1/2/68')).toBe('2068-01-02')
    expect(filterDay('1/2/69')).toBe('1969-01-02')
    expect(filterDay('13/1/2030')).toBeUndefined()
    expect(calendarDay('12/31/2030')).toBeUndefined()
  })
})

it('reads keys of other objects as they are', () => {
  expect(read(reference(), ' rel ')).toBe(' rel ')
  expect(read(reference(), '')).toEqual(['This field may not be null.'])
  expect(read(reference(), 5)).toBe('5')
  expect(read(references(), ['a', 'a', 1])).toEqual(['a', '1'])
  expect(read(references(), 'a')).toEqual(['Expected a list of items but got type "unicode".'])
})

it('reads booleans as Python does', () => {
  expect(['true', 'T', 1, true].map(value => read(flag(), value))).toEqual([true, true, true, true])
  expect(read(flag(), 'yes')).toEqual(['"yes" is not a valid boolean.'])
  expect(read(flag(), null)).toEqual(['This field may not be null.'])
})

it('reads mappings of one field', () => {
  expect(read(mapping('product'), { product: ' F ' })).toBe('F')
  expect(read(mapping('product'), null)).toBeNull()
  expect(read(mapping('product'), { product: 'F', a: 1 })).toEqual(['Unknown fields: "a".'])
})
