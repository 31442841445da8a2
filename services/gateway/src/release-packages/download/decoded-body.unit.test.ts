import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodedContent } from './decoded-body.ts'

const headers = { 'content-length': '99', etag: '"a"', 'accept-ranges': 'bytes', 'content-type': 'text/plain' }
const bodyOf = (bytes: Uint8Array) => Readable.from([bytes], { objectMode: false })

describe('a content encoding that nobody asked for', () => {
  it.each([
    ['gzip', gzipSync('file')],
    ['GZIP', gzipSync('file')],
    ['deflate', deflateSync('file')],
    ['br', brotliCompressSync('file')],
    ['zstd', zstdCompressSync('file')],
  ])('is undone: %s', async (encoding, bytes) => {
    const content = decodedContent(encoding, 200, { headers, body: bodyOf(bytes) })
    expect(content.headers).toEqual({ etag: 'W/"a"', 'content-type': 'text/plain' })
    expect(await text(content.body)).toBe('file')
  })

  it.each([
    ['gzip', 206],
    ['compress', 200],
  ])('is handed on with its name: %s, status %i', async (encoding, status) => {
    const bytes = gzipSync('file')
    const content = decodedContent(encoding, status, { headers, body: bodyOf(bytes) })
    expect(content.headers).toEqual({ ...headers, 'content-encoding': encoding })
    expect(await buffer(content.body)).toEqual(bytes)
  })

  it('that breaks off is an error of the body', async () => {
    const content = decodedContent('gzip', 200, { headers, body: bodyOf(gzipSync('file').subarray(0, 12)) })
    await expect(text(content.body)).rejects.toThrow()
  })
})

it('without an encoding nothing changes', () => {
  const body = bodyOf(Buffer.from('file'))
  expect(decodedContent('identity', 200, { headers, body })).toEqual({ headers, body })
})
