import { expect, test } from 'vitest'
import { namedStatement, valuesOf } from './named-statement.ts'

test('names become numbers in the order of their first appearance; casts stay', () => {
  const named = namedStatement('find', 'select :b::text, :a from t where x = :b and y::date < :a')
  expect(named.statement).toEqual({ name: 'find', text: 'select $1::text, $2 from t where x = $1 and y::date < $2' })
  expect(valuesOf(named, { a: 1, b: 'x', c: true })).toEqual(['x', 1])
  expect(valuesOf(named, { a: 0 })).toEqual([null, 0])
})
