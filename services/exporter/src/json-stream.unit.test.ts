import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { type ArrayPart, jsonArray, jsonWithArrays } from './json-stream.ts'

async function* given<Item>(...items: Item[]) {
  yield* items
}
const text = async (body: AsyncIterable<Uint8Array>) => (await buffer(body)).toString()

test('an array is complete, however its rows come', async () => {
  expect(await text(jsonArray(given()))).toBe('[]')
  expect(await text(jsonArray(given([], ['1'], [], ['2', '3'])))).toBe('[1,2,3]')
})

test.each<[string[], ArrayPart[], string]>([
  [[], [], '{"a":1}'],
  [['x', 'y'], [], '{"a":1,"x":[],"y":[]}'],
  [['x', 'y'], [{ array: 1, rows: ['2'] }], '{"a":1,"x":[],"y":[2]}'],
  [['x', 'y'], [{ array: 0, rows: ['1'] }], '{"a":1,"x":[1],"y":[]}'],
  [
    ['x', 'y'],
    [
      { array: 0, rows: ['1'] },
      { array: 0, rows: [] },
      { array: 0, rows: ['2', '3'] },
      { array: 1, rows: ['4'] },
      { array: 1, rows: ['5'] },
    ],
    '{"a":1,"x":[1,2,3],"y":[4,5]}',
  ],
])('an object gets the arrays %j', async (names, parts, expected) => {
  expect(await text(jsonWithArrays('{"a":1}', names, given(...parts)))).toBe(expected)
})

test('the end of an object may hold more', async () => {
  expect(await text(jsonWithArrays('{"a":1}', ['x'], given(), ',"b":2}'))).toBe('{"a":1,"x":[],"b":2}')
})
