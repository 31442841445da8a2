import { expect, it } from 'vitest'
import { readVersionMessage } from './version-message.ts'

it.each([
  [undefined, 'Auto-published by API call'],
  ['', 'Auto-published by API call'],
  [' \t\n', 'Auto-published by API call'],
  [' a  b ', 'a  b'],
  ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
  ['🚢'.repeat(1000), '🚢'.repeat(1000)],
])('%j is read as %j', (given, message) => {
  expect(readVersionMessage(given)).toBe(message)
})

it.each([['x'.repeat(1001)], ['a\0b'], ['a\u001fb'], ['a\rb'], ['\ud800']])('%j is refused', given => {
  expect(() => readVersionMessage(given)).toThrow(expect.objectContaining({ code: 'invalid' }))
})
