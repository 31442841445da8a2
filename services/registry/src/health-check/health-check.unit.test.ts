import { describe, expect, test } from 'vitest'
import { afterCheck, judge } from './health-check.ts'

describe('a check', () => {
  test.each([200, 204, 302, 399])('is good for status %i, whatever the answer says', status => {
    expect(judge({ kind: 'answer', status, text: 'down for maintenance' })).toEqual({ ok: true, detail: null })
  })

  test.each([400, 404, 503])('is bad for status %i', status => {
    expect(judge({ kind: 'answer', status, text: '' })).toEqual({
      ok: false,
      detail: `answered with status ${status}`,
    })
  })

  test('is bad if there is no answer, and keeps the reason, however long, within bounds', () => {
    expect(judge({ kind: 'unreachable', message: 'refused' })).toEqual({ ok: false, detail: 'refused' })
    expect(judge({ kind: 'unreachable', message: 'x'.repeat(10_000) }).detail).toHaveLength(500)
    expect(judge({ kind: 'unreachable', message: 'out\0 of order' }).detail).toBe('out of order')
  })
})

describe('health', () => {
  test.each([
    [0, true, { failures: 0 }],
    [0, false, { failures: 1 }],
    [2, false, { failures: 3 }],
    [3, false, { failures: 4, turned: 'down' }],
    [4, false, { failures: 5 }],
    [3, true, { failures: 0 }],
    [4, true, { failures: 0, turned: 'recovered' }],
    [90, true, { failures: 0, turned: 'recovered' }],
  ])('after %i failures and a check that is good: %s', (failures, ok, health) => {
    expect(afterCheck(failures, ok)).toEqual(health)
  })
})
