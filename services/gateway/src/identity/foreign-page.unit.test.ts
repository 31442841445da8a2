import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { isFromForeignPage } from './foreign-page.ts'

const own = 'https://releases.example.org'

test.each([
  [{}, false],
  [{ origin: own }, false],
  [{ origin: 'http://gateway:8080' }, false],
  [{ origin: 'https://gateway:8080' }, false],
  [{ origin: 'https://evil.example' }, true],
  [{ origin: 'https://releases.example.org.evil.example' }, true],
  [{ origin: 'https://sub.releases.example.org' }, true],
  [{ origin: 'https://releases.example.org:8443' }, true],
  [{ origin: 'null' }, true],
  [{ 'sec-fetch-site': 'same-origin' }, false],
  [{ 'sec-fetch-site': 'none' }, false],
  [{ 'sec-fetch-site': 'cross-site' }, true],
  [{ 'sec-fetch-site': 'same-site' }, true],
  [{ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, true],
  // A proxy in front may give the platform another name than browsers know.
  [{ 'sec-fetch-site': 'same-origin', origin: 'https://elsewhere.example' }, false],
])('%j', (headers, foreign) => {
  const request = { headers, host: 'gateway:8080' } as unknown as FastifyRequest
  expect(isFromForeignPage(request, own)).toBe(foreign)
})
