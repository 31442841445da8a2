import type { EventEnvelope } from '@slipway/contracts'
import { expect, test } from 'vitest'
import { text } from '../wire/json.ts'
import { fitEvent } from './fit-event.ts'

const event = (data: unknown): EventEnvelope => ({
  specversion: '1.0',
  id: '1',
  source: '/slipway/catalog',
  type: 'slipway.v1.thing.changed',
  subject: 'T',
  time: '2026-01-01T00:00:00Z',
  datacontenttype: 'application/json',
  sequence: 1,
  actor: 'ada',
  data,
})
const fitted = (data: unknown, limit: number) => {
  const bytes = fitEvent(event(data), limit)
  return { size: bytes.length, ...JSON.parse(text(bytes)) }
}

test('what fits stays as it is', () => {
  const { size, ...same } = fitted({ a: 'x'.repeat(100_000) }, 200_000)
  expect(same).toEqual(event({ a: 'x'.repeat(100_000) }))
})

test('of what does not fit the long texts are cut, wherever they are', () => {
  const short = 'y'.repeat(1_000)
  const { size, truncated, data } = fitted({ id: 7, of: [{ long: 'x'.repeat(300_000), short }], none: null }, 100_000)
  expect(size).toBeLessThan(100_000)
  expect(truncated).toBe(true)
  expect(data).toEqual({ id: 7, of: [{ long: `${'x'.repeat(65_536)}…`, short }], none: null })
  expect(fitted(Array(50).fill('é'.repeat(50_000)), 100_000).size).toBeLessThan(100_000)
})
