import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { openAsAsked } from './preconditions.ts'

/** An origin that knows ranges, but no conditions. */
function origin(own: Record<string, string>) {
  const asked: Record<string, string>[] = []
  const open = async (headers: Readonly<Record<string, string>>) => {
    asked.push(headers)
    return { status: headers.range === undefined ? 200 : 206, headers: own, body: Readable.from(['x']) }
  }
  return { asked, open }
}

const modified = 'Wed, 28 Oct 2015 20:48:21 GMT'

describe('an origin that ignores If-Range', () => {
  it.each([
    ['"v1"', { etag: '"v1"' }, 206],
    ['"v0"', { etag: '"v1"' }, 200],
    ['W/"v1"', { etag: 'W/"v1"' }, 200],
    [modified, { 'last-modified': modified }, 206],
    ['Wed, 28 Oct 2015 20:48:20 GMT', { 'last-modified': modified }, 200],
    ['"v0"', {}, 206],
  ])('%s, of %j: %i', async (ifRange, own, status) => {
    const { asked, open } = origin(own as Record<string, string>)
    const answer = await openAsAsked({ range: 'bytes=0-', 'if-range': ifRange }, 'GET', open)
    expect(answer.status).toBe(status)
    expect(asked.at(-1)).toEqual(status === 200 ? {} : { range: 'bytes=0-', 'if-range': ifRange })
  })
})

describe('an origin that ignores preconditions', () => {
  it.each([
    [{ 'if-match': '"a,b"' }, true],
    [{ 'if-match': '"x", "a,b"' }, true],
    [{ 'if-match': '"x"' }, false],
    [{ 'if-match': 'nothing' }, false],
    [{ 'if-unmodified-since': modified }, true],
    [{ 'if-unmodified-since': 'nothing' }, true],
    [{ 'if-unmodified-since': 'Wed, 28 Oct 2015 20:48:20 GMT' }, false],
  ])('is held to %j: %s', async (conditions, isMet) => {
    const { open } = origin({ etag: '"a,b"', 'last-modified': modified })
    const opened = openAsAsked(conditions, 'GET', open)
    if (isMet) expect((await opened).status).toBe(200)
    else await expect(opened).rejects.toMatchObject({ code: 'precondition_failed' })
  })
})
