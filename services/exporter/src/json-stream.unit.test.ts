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

test('large rows come in pieces among others', async () => {
  const large = () => given('"a', 'é', '\u{1f600}z"')
  for (const [rows, expected] of [
    [[large()], '["aé\u{1f600}z"]'],
    [[large(), '1'], '["aé\u{1f600}z",1]'],
    [['1', '2', large(), large(), '3', '4', large()], '[1,2,"aé\u{1f600}z","aé\u{1f600}z",3,4,"aé\u{1f600}z"]'],
  ] as const) {
    expect(await text(jsonArray(given(rows)))).toBe(expected)
  }
  const parts = given({ array: 0, rows: ['1', large()] }, { array: 0, rows: [large()] }, { array: 1, rows: ['2'] })
  expect(await text(jsonWithArrays('{"a":1}', ['x', 'y'], parts))).toBe(
    '{"a":1,"x":[1,"aé\u{1f600}z","aé\u{1f600}z"],"y":[2]}',
  )
})

test('an object in pieces is continued in place of its end', async () => {
  const end = /(?:,"b":null)?\}$/
  const whole = `{"a":"${'é'.repeat(100)}","b":null}`
  const expected = `{"a":"${'é'.repeat(100)}","x":[1]}`
  for (const size of [1, 7, 90, 1_000]) {
    const pieces = given(...(whole.match(new RegExp(`.{1,${size}}`, 'g')) ?? []))
    expect(await text(jsonWithArrays(pieces, ['x'], given({ array: 0, rows: ['1'] }), '}', end))).toBe(expected)
  }
  expect(await text(jsonWithArrays(whole, ['x'], given({ array: 0, rows: ['1'] }), '}', end))).toBe(expected)
})

test('an object whose rows cannot be had is not begun', async () => {
  const failing = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('no connection')) }) }
  await expect(jsonWithArrays('{"a":1}', ['x'], failing).next()).rejects.toThrow('no connection')
})

test('the end of an object may hold more', async () => {
  expect(await text(jsonWithArrays('{"a":1}', ['x'], given(), ',"b":2}'))).toBe('{"a":1,"x":[],"b":2}')
})
