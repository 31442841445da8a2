import { expect, test } from 'vitest'
import { startOf } from './durable.ts'

const position = { streamCreated: 'then', sequence: 41 }

test('a consumer of all events begins at the beginning', () => {
  expect(startOf('all', 'then', undefined)).toEqual({ deliver_policy: 'all' })
  expect(startOf('all', 'then', position)).toEqual({ deliver_policy: 'all' })
})

test('a consumer of new events begins now, goes on after its place, and takes all of a new stream', () => {
  expect(startOf('new', 'then', undefined)).toEqual({ deliver_policy: 'new' })
  expect(startOf('new', 'then', position)).toEqual({ deliver_policy: 'by_start_sequence', opt_start_seq: 42 })
  expect(startOf('new', 'now', position)).toEqual({ deliver_policy: 'all' })
})
