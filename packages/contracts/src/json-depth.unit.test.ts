import { expect, test } from 'vitest'
import { greatestDepth, isTooDeep } from './json-depth.ts'

test.each([
  [greatestDepth, false],
  [greatestDepth + 1, true],
  [100_000, true],
])('%i levels', (levels, deep) => {
  expect(isTooDeep('['.repeat(levels) + ']'.repeat(levels))).toBe(deep)
})

test('brackets in texts are none', () => {
  expect(isTooDeep(JSON.stringify({ a: '['.repeat(5_000), b: `\\"${'{'.repeat(5_000)}` }))).toBe(false)
})
