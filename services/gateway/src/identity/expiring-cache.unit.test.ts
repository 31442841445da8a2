import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { expiringCache } from './expiring-cache.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('remembers for its time, or for the time given', () => {
  const cache = expiringCache<number>({ max: 10, ttlMs: 1_000 })
  cache.set('a', 1)
  cache.set('b', 2, Date.now() + 5_000)
  vi.advanceTimersByTime(999)
  expect([cache.get('a'), cache.get('b')]).toEqual([1, 2])
  vi.advanceTimersByTime(1)
  expect([cache.get('a'), cache.get('b')]).toEqual([undefined, 2])
})

test('gives up what was set longest ago', () => {
  const cache = expiringCache<number>({ max: 2, ttlMs: 1_000 })
  cache.set('a', 1)
  cache.set('b', 2)
  cache.set('a', 3)
  cache.set('c', 4)
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([3, undefined, 4])
  cache.clear()
  expect(cache.get('a')).toBeUndefined()
})
