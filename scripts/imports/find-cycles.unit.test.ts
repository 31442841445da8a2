import { expect, test } from 'vitest'
import { findCycles } from './find-cycles.ts'

const cyclesOf = (graph: Record<string, string[]>) => findCycles(new Map(Object.entries(graph)))

test('a diamond is no cycle', () => {
  expect(cyclesOf({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] })).toEqual([])
})

test('every cycle is named, with the way round', () => {
  expect(cyclesOf({ a: ['b'], b: ['c'], c: ['a'], d: ['d'], e: ['a'] })).toEqual([
    ['a', 'b', 'c', 'a'],
    ['d', 'd'],
  ])
})

test('files outside the graph end the way', () => {
  expect(cyclesOf({ a: ['not-there'] })).toEqual([])
})
