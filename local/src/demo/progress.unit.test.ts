import { expect, test } from 'vitest'
import { quarterOf, rateText } from './progress.ts'

const progress = { label: 'words', done: 30_000, total: 117_791, seconds: 5 }

test('the rate is of the whole, and nothing before there is one', () => {
  expect(rateText(progress)).toBe('6,000/s')
  expect(rateText({ ...progress, seconds: 0 })).toBe('')
})

test.for([
  [0, 0],
  [29_447, 0],
  [29_448, 1],
  [117_790, 3],
  [117_791, 4],
])('%s of 117,791 are in quarter %s', ([done = 0, quarter]) => {
  expect(quarterOf({ ...progress, done })).toBe(quarter)
})

test('nothing to do is done', () => {
  expect(quarterOf({ ...progress, done: 0, total: 0 })).toBe(4)
})
