import { expect, test } from 'vitest'
import { originTest } from './cors.ts'

test.each([
  [['*'], 'anything', true],
  [['*.example.org'], 'https://example.org', true],
  [['*.example.org'], 'http://a.b.example.org', true],
  [['*.example.org'], 'HTTPS://A.EXAMPLE.ORG', true],
  [['*.example.org'], 'https://example.org.evil.net', false],
  [['*.example.org'], 'https://notexample.org', false],
  [['*.example.org'], 'https://exampleXorg', false],
  [['*.example.org'], 'https://a.example.org/path', false],
  [['https://example.org:8443'], 'https://example.org:8443', true],
  [['https://example.org:8443'], 'http://example.org:8443', false],
  [[], 'https://example.org', false],
] as const)('%j lets %s through: %s', (patterns, origin, expected) => {
  expect(originTest(patterns)(origin)).toBe(expected)
})
