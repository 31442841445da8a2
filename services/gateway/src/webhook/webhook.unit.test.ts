import { describe, expect, it } from 'vitest'
import { type Attempt, afterFailure, type Health, isDelivered, retryAfterSeconds } from './webhook.ts'

const now = new Date('2026-11-21T12:00:00Z')
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000)
const healthy: Health = { enabled: true, failingSince: null, lastFailedAt: null }
const answered = (status: number | null, retryAfter: number | null = null): Attempt => ({
  startedAt: now,
  durationMs: 1,
  status,
  error: 'an error',
  response: null,
  retryAfter,
})

describe('a delivery', () => {
  it.each([
    [200, true],
    [204, true],
    [299, true],
    [199, false],
    [300, false],
    [304, false],
    [410, false],
    [500, false],
    [null, false],
  ])('answered %s is delivered: %s', (status, delivered) => {
    expect(isDelivered(answered(status))).toBe(delivered)
  })

  it('is retried on the schedule of Standard Webhooks, then given up', () => {
    const hours = 3_600
    const waits = Array.from({ length: 10 }, (_, tries) => afterFailure(answered(500), tries, healthy, now, 0).retryIn)
    expect(waits).toEqual([5, 300, 1_800, 2 * hours, 5 * hours, 10 * hours, 14 * hours, 20 * hours, 24 * hours, null])
  })

  it('is retried up to a fifth later, never earlier', () => {
    expect(afterFailure(answered(500), 1, healthy, now, 1).retryIn).toBe(360)
    const wait = afterFailure(answered(500), 1, healthy, now).retryIn
    expect(wait).toBeGreaterThanOrEqual(300)
    expect(wait).toBeLessThanOrEqual(360)
  })

  it('is not retried for a webhook that was disabled meanwhile', () => {
    const consequence = afterFailure(answered(410), 0, { ...healthy, enabled: false }, now)
    expect(consequence).toMatchObject({ retryIn: null, disable: null })
  })
})

describe('a receiver that asks for a pause', () => {
  it('gets it, and the retry is not before its end', () => {
    expect(afterFailure(answered(429, 60), 0, healthy, now, 0)).toMatchObject({ retryIn: 60, pauseFor: 60 })
    expect(afterFailure(answered(503, 1), 0, healthy, now, 0)).toMatchObject({ retryIn: 5, pauseFor: 1 })
  })

  it('gets a day at most', () => {
    expect(afterFailure(answered(429, 1e9), 0, healthy, now, 0)).toMatchObject({ retryIn: 86_400, pauseFor: 86_400 })
  })

  it.each([
    ['120', 120],
    [' 0 ', 0],
    ['Sat, 21 Nov 2026 12:01:00 GMT', 60],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['soon', null],
    [undefined, null],
  ])('says how long: %s', (header, seconds) => {
    expect(retryAfterSeconds(header, now)).toBe(seconds)
  })
})

describe('a webhook', () => {
  const failing = (since: number, last: number): Health => ({
    enabled: true,
    failingSince: hoursAgo(since),
    lastFailedAt: hoursAgo(last),
  })

  it('is disabled at once by 410', () => {
    expect(afterFailure(answered(410), 0, healthy, now)).toMatchObject({ retryIn: null, disable: 'gone' })
  })

  it('is disabled when it has failed for five days', () => {
    expect(afterFailure(answered(500), 3, failing(119.9, 20), now).disable).toBeNull()
    expect(afterFailure(answered(500), 3, failing(120, 20), now)).toMatchObject({ disable: 'failing', retryIn: null })
    expect(afterFailure(answered(null), 3, failing(121, 29), now).disable).toBe('failing')
  })

  it('begins anew after a silence that is longer than the longest wait', () => {
    const consequence = afterFailure(answered(500), 0, failing(700, 49), now)
    expect(consequence).toMatchObject({ disable: null, failingSince: now })
    expect(afterFailure(answered(500), 0, failing(30, 1), now).failingSince).toEqual(hoursAgo(30))
  })
})
