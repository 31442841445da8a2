import type { StreamConfig } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { streamConfig, streamDifferences } from './event-stream.ts'

const wanted = streamConfig({ maxAgeMs: 60_000, replicas: undefined })
const same = { ...wanted, max_msgs_per_subject: -1, no_ack: false } as StreamConfig

test('a stream as it was asked for has no differences', () => {
  expect(streamDifferences(wanted, same)).toEqual([])
})

test.for([
  { max_age: 0 },
  { max_age: 61e9 },
  { duplicate_window: 300e9 },
  { num_replicas: 3 },
  { max_bytes: 1e9 },
  { description: 'ours' },
] as Partial<StreamConfig>[])('an operator may set %j', change => {
  expect(streamDifferences(wanted, { ...same, ...change })).toEqual([])
})

test.for([
  [{ subjects: ['slipway.v1.event.release.>'] }, 'subjects'],
  [{ storage: 'memory' }, 'storage'],
  [{ retention: 'workqueue' }, 'retention'],
  [{ discard: 'new' }, 'discard'],
  [{ max_age: 59e9 }, 'max_age is 59 s instead of 60 s'],
  [{ duplicate_window: 0 }, 'duplicate_window is 0 s instead of 120 s'],
  [{ max_msgs_per_subject: 1 }, 'max_msgs_per_subject'],
  [{ no_ack: true }, 'no_ack'],
] as [Partial<StreamConfig>, string][])('%j is named', ([change, expected]) => {
  const differences = streamDifferences(wanted, { ...same, ...change })
  expect(differences).toHaveLength(1)
  expect(differences[0]).toContain(expected)
})
