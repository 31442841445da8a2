import { expect, it } from 'vitest'
import { hasTooManyValues, mostValues } from './json-values.ts'

const listOf = (value: string, count: number) => Buffer.from(`[${Array(count).fill(value).join(',')}]`)

it.each(['1', '{}', '[]', '"a"', '{"a":1}', 'null'])('counts values like %s', value => {
  expect(hasTooManyValues(listOf(value, mostValues / 4))).toBe(false)
  expect(hasTooManyValues(listOf(value, mostValues + 1))).toBe(true)
})

it('does not count what stands in texts', () => {
  const text = JSON.stringify('[{,"\\'.repeat(mostValues))
  expect(hasTooManyValues(Buffer.from(`{"a":${text}}`))).toBe(false)
})
