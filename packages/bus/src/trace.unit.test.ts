import { expect, test } from 'vitest'
import { childTraceparent, newTraceparent, traceId } from './trace.ts'

const given = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'

test('a new trace follows the recommendation and is never the same', () => {
  const many = Array.from({ length: 1_000 }, newTraceparent)
  for (const one of many) expect(one).toMatch(/^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-01$/)
  expect(new Set(many.map(traceId)).size).toBe(1_000)
})

test('a child keeps trace and flags and has an id of its own', () => {
  const child = childTraceparent(given)
  expect(child).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[\da-f]{16}-00$/)
  expect(child).not.toBe(given)
  expect(traceId(childTraceparent(undefined))).toMatch(/^[\da-f]{32}$/)
  expect(childTraceparent('nonsense')).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/)
})

test.for([
  'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  '00-00000000000000000000000000000000-b7ad6b7169203331-01',
  '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
  '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
  '',
])('%s names no trace', text => {
  expect(traceId(text)).toBeUndefined()
})
