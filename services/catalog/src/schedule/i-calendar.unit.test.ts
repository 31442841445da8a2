import { expect, it } from 'vitest'
import { calendarEvent, escaped, folded } from './i-calendar.ts'

it('folds lines at 75 octets and never within a character', () => {
  expect(folded('x'.repeat(75))).toBe('x'.repeat(75))
  for (const text of ['x'.repeat(400), 'é'.repeat(200), '😀'.repeat(99)]) {
    const parts = folded(`SUMMARY:${text}`).split('\r\n')
    expect(parts.length).toBeGreaterThan(2)
    for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(75)
    for (const part of parts.slice(1)) expect(part.startsWith(' ')).toBe(true)
    expect(parts.map((part, index) => (index === 0 ? part : part.slice(1))).join('')).toBe(`SUMMARY:${text}`)
  }
})

it('escapes what has a meaning in texts', () => {
  expect(escaped('a,b;c\\d\r\ne\u0007')).toBe('a\\,b\\;c\\\\d\\ne')
})

it('makes an event with a UID that stays and the stamp of the last change', () => {
  const entry = {
    id: 7,
    changes: 2,
    release: 'a-1',
    sla: 'x, y',
    date: '2030-01-02',
    changed_at: '2026-11-21T03:04:05.123456Z',
    url: 'https://example.org/7/',
  }
  expect(calendarEvent(entry, '5d3c').split('\r\n')).toEqual([
    'BEGIN:VEVENT',
    'UID:release-schedule-7@5d3c.slipway',
    'DTSTAMP:20261121T030405Z',
    'LAST-MODIFIED:20261121T030405Z',
    'SEQUENCE:2',
    'DTSTART;VALUE=DATE:20300102',
    'SUMMARY:a-1: end of x\\, y',
    'URL:https://example.org/7/',
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
    '',
  ])
})
