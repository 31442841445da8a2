import { expect, test } from 'vitest'
import { readImports } from './read-imports.ts'

test.each([
  ["import { a } from './a.ts'", ['./a.ts']],
  ["import type { A } from '@slipway/bus'", ['@slipway/bus']],
  ["import a, { type B } from 'b'", ['b']],
  ["import * as a from 'a'", ['a']],
  ["import './effect.ts'", ['./effect.ts']],
  ["export * from './a.ts'", ['./a.ts']],
  ["export { a } from './a.ts'", ['./a.ts']],
  ["import {\n  type A,\n  b,\n} from './long.ts'", ['./long.ts']],
  ["import a from 'a'\nimport { b } from 'a'", ['a']],
  ["const { a } = await import('./later.ts')", ['./later.ts']],
  ["type A = typeof import('./type.ts')", ['./type.ts']],
  ['import a from "double"', ['double']],
  ["import data from './a.json' with { type: 'json' }", ['./a.json']],
])('reads %j', (source, imports) => {
  expect(readImports(source)).toEqual(imports)
})

test.each([
  ["// import a from 'comment'"],
  ["/**\n * import a from 'comment'\n */"],
  ["export const text = 'from'"],
  ["export function f() {\n  return 'x'\n}"],
  ['const line = "import a from \'text\'"'],
])('is not misled by %j', source => {
  expect(readImports(source)).toEqual([])
})
