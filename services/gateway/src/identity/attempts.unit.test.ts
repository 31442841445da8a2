import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { limitAttempts } from './attempts.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('so many may fail within the window, counted for each key', () => {
  const attempts = limitAttempts({ max: 2, windowMs: 60_000 })
  attempts.begin('a')
  attempts.begin('a')
  attempts.begin('b')
  vi.advanceTimersByTime(20_000)
  expect(() => attempts.begin('a')).toThrow(expect.objectContaining({ code: 'rate_limited', retryAfter: 40 }))
  attempts.begin('b')
  vi.advanceTimersByTime(40_000)
  attempts.begin('a')
})

test('one that is good makes the others forgotten', () => {
  const attempts = limitAttempts({ max: 2, windowMs: 60_000 })
  for (let count = 0; count < 5; count++) {
    attempts.begin('a')
    attempts.succeeded('a')
  }
  attempts.begin('a')
  attempts.begin('a')
  expect(() => attempts.begin('a')).toThrow()
})

test('one that is good and taken back leaves the others counted', () => {
  const attempts = limitAttempts({ max: 2, windowMs: 60_000 })
  attempts.begin('a')
  for (let count = 0; count < 5; count++) {
    attempts.begin('a')
    attempts.takeBack('a')
  }
  expect(attempts.count('a')).toBe(1)
  attempts.begin('a')
  expect(() => attempts.begin('a')).toThrow()
})

test('a clock that is set back makes no window longer', () => {
  const attempts = limitAttempts({ max: 1, windowMs: 60_000 })
  attempts.begin('a')
  vi.setSystemTime(Date.now() - 3_600_000)
  expect(() => attempts.begin('a')).toThrow(expect.objectContaining({ code: 'rate_limited', retryAfter: 60 }))
  vi.advanceTimersByTime(60_000)
  attempts.begin('a')
})
