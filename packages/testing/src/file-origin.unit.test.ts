import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FileOrigin, fileOrigin, type OriginFile } from './file-origin.ts'

let origin: FileOrigin

beforeEach(async () => {
  origin = await fileOrigin()
})

afterEach(() => origin[Symbol.asyncDispose]())

const get = (file: OriginFile, headers: Record<string, string> = {}, init: RequestInit = {}) =>
  fetch(origin.put('/file', file), { headers, ...init })

const lastModified = new Date('2026-01-02T03:04:05.678Z')

describe('a file', () => {
  test('comes whole, with its length and validators', async () => {
    const response = await get({ content: 'hello', contentType: 'text/plain', lastModified })
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-length': '5',
      'content-type': 'text/plain',
      'accept-ranges': 'bytes',
      'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
      etag: expect.stringMatching(/^"[0-9a-f]{16}"$/),
    })
    expect(await response.text()).toBe('hello')
  })

  test('is not sent again to those who have it', async () => {
    const file = { content: 'hello', etag: '"one"', lastModified }
    expect((await get(file, { 'if-none-match': '"one"' })).status).toBe(304)
    expect((await get(file, { 'if-none-match': '"two"' })).status).toBe(200)
    expect((await get(file, { 'if-modified-since': lastModified.toUTCString() })).status).toBe(304)
    expect((await get(file, { 'if-modified-since': 'Fri, 02 Jan 2026 03:04:04 GMT' })).status).toBe(200)
  })

  test.each([
    ['bytes=0-4', 206, 'bytes 0-4/10', '01234'],
    ['bytes=7-', 206, 'bytes 7-9/10', '789'],
    ['bytes=8-99', 206, 'bytes 8-9/10', '89'],
    ['bytes=-3', 206, 'bytes 7-9/10', '789'],
    ['bytes=-99', 206, 'bytes 0-9/10', '0123456789'],
    ['bytes=10-', 416, 'bytes */10', ''],
    ['bytes=-0', 416, 'bytes */10', ''],
    ['bytes=5-2', 200, null, '0123456789'],
    ['lines=1-2', 200, null, '0123456789'],
  ])('comes in part: %s', async (range, status, contentRange, body) => {
    const response = await get({ content: '0123456789' }, { range })
    expect([response.status, response.headers.get('content-range')]).toEqual([status, contentRange])
    expect(await response.text()).toBe(body)
  })

  test('comes whole when it is not the one that the caller has a part of', async () => {
    const file = { content: '0123456789', etag: '"new"' }
    expect((await get(file, { range: 'bytes=5-', 'if-range': '"new"' })).status).toBe(206)
    expect((await get(file, { range: 'bytes=5-', 'if-range': '"old"' })).status).toBe(200)
  })

  test('made of a number has bytes that can be foretold, in any part', async () => {
    const response = await get({ content: 200_000 }, { range: 'bytes=131070-131073' })
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual(
      [131070, 131071, 131072, 131073].map(n => n % 251),
    )
  })

  test('has no body on HEAD', async () => {
    const response = await get({ content: 'hello' }, {}, { method: 'HEAD' })
    expect([response.headers.get('content-length'), await response.text()]).toEqual(['5', ''])
    expect(origin.sentBytes).toBe(0)
  })
})

describe('a bad origin', () => {
  test('sends elsewhere, refuses, does not know', async () => {
    const redirect = await get({ content: '', redirectTo: 'http://127.0.0.1:1/' }, {}, { redirect: 'manual' })
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, 'http://127.0.0.1:1/'])
    expect((await get({ content: 'busy', status: 503 })).status).toBe(503)
    expect((await fetch(`${origin.url}/other`)).status).toBe(404)
    expect(origin.requests.map(request => request.path)).toEqual(['/file', '/file', '/other'])
  })

  test('ignores ranges, or does not tell the length', async () => {
    const response = await get({ content: 'hello', ranges: false, lengthKnown: false }, { range: 'bytes=0-1' })
    expect([response.status, response.headers.get('content-length')]).toEqual([200, null])
    expect(await response.text()).toBe('hello')
  })

  test('dies in the middle', async () => {
    const response = await get({ content: 500_000, diesAfter: 100_000 })
    expect(response.headers.get('content-length')).toBe('500000')
    await expect(response.arrayBuffer()).rejects.toThrow()
    expect(origin.sentBytes).toBe(100_000)
  })

  test('never ends, but waits for a slow reader', async () => {
    const response = await get({ content: 0, endless: true })
    const reader = response.body!.getReader()
    let received = 0
    while (received < 1_000_000) received += (await reader.read()).value!.length
    await reader.cancel()
    expect(response.headers.get('content-length')).toBeNull()
    expect(origin.sentBytes).toBeGreaterThanOrEqual(received)
  })
})
