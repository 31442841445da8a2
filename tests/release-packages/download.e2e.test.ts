import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { eventually } from '@slipway/testing'
import { describe, expect, it } from 'vitest'
import { numberedBytes } from './download-support/http.ts'
import { type PlacedFile, world } from './download-support/world.ts'

const megabyte = 1024 * 1024

const slipway = world(async () => ({
  env: { gateway: { DOWNLOAD_FIRST_BYTE_TIMEOUT: '3', DOWNLOAD_IDLE_TIMEOUT: '3', DOWNLOAD_STALL_TIMEOUT: '4' } },
}))
const { get, place, downloadsOf } = slipway

let served = 0
const put = (file: Parameters<typeof slipway.origin.put>[1], name = 'file.zip'): Promise<PlacedFile> => {
  served += 1
  return place({ url: slipway.origin.put(`/${served}/${name}`, file) })
}
/** Sorted: a download is recorded after its answer has ended, so that the next one may be recorded before it. */
const statusesOf = async (file: PlacedFile, count: number) =>
  (await downloadsOf(file, count)).map(({ data }) => data['download.statusCode']).toSorted()

describe('a download', () => {
  it('hands over bytes and the headers of the file, and no others', async () => {
    const lastModified = new Date('2015-10-28T20:48:21Z')
    const file = await put({
      content: 'all of it',
      contentType: 'application/zip',
      etag: '"v1"',
      lastModified,
      headers: {
        'cache-control': 'max-age=60',
        expires: 'Thu, 29 Oct 2015 00:00:00 GMT',
        'content-disposition': 'attachment; filename="own.zip"',
        'set-cookie': 'origin=1',
        server: 'origin',
        'x-powered-by': 'origin',
        location: 'http://origin.example.org/',
      },
    })
    const { status, headers, bytes } = await get('sten', file)
    expect([status, String(await bytes())]).toEqual([200, 'all of it'])
    expect(headers).toMatchObject({
      'cache-control': 'max-age=60',
      expires: 'Thu, 29 Oct 2015 00:00:00 GMT',
      'content-disposition': 'attachment; filename="own.zip"',
      'content-type': 'application/zip',
      'content-length': '9',
      etag: '"v1"',
      'last-modified': lastModified.toUTCString(),
      'x-content-type-options': 'nosniff',
    })
    for (const name of ['set-cookie', 'server', 'x-powered-by', 'location', 'pragma', 'content-encoding']) {
      expect(headers).not.toHaveProperty(name)
    }
  })

  it('tells the origin nothing of the client but conditions and ranges', async () => {
    const file = await put({ content: 'x', etag: '"v1"' })
    await get('sten', file, {
      headers: {
        cookie: 'session=1',
        accept: 'text/html',
        'accept-language': 'sv',
        'accept-encoding': 'gzip',
        'user-agent': 'client',
        'x-forwarded-for': '1.2.3.4',
        'if-unmodified-since': 'Thu, 29 Oct 2035 00:00:00 GMT',
      },
    })
    const { headers } = slipway.origin.requests.at(-1) ?? {}
    expect(Object.keys(headers ?? {}).toSorted()).toEqual([
      'accept-encoding',
      'connection',
      'host',
      'if-unmodified-since',
    ])
    expect(headers?.['accept-encoding']).toBe('identity')
  })

  it('names a file that has no name, and lets nobody keep it', async () => {
    const file = await put({ content: 'x' }, 'release%20%22%C3%A5%22.zip?token=secret')
    const { headers } = await get('sten', file)
    expect(headers['content-disposition']).toBe(
      'attachment; filename="release _.zip"; filename*=UTF-8\'\'release%20%C3%A5.zip',
    )
    expect(headers).toMatchObject({
      'cache-control': 'no-cache, no-store, max-age=0, must-revalidate',
      'content-security-policy': 'sandbox',
    })
  })

  it('is not repeated when the client has it', async () => {
    const lastModified = new Date('2015-10-28T20:48:21Z')
    const file = await put({ content: 'x', etag: '"v1"', lastModified })
    for (const headers of [{ 'if-none-match': '"v1"' }, { 'if-modified-since': lastModified.toUTCString() }]) {
      const answer = await get('sten', file, { headers })
      expect([answer.status, String(await answer.bytes()), answer.headers.etag]).toEqual([304, '', '"v1"'])
    }
    expect((await get('sten', file, { headers: { 'if-none-match': '"v0"' } })).status).toBe(200)
    expect(await statusesOf(file, 3)).toEqual(['200', '304', '304'])
  })

  it('asked for by HEAD moves no bytes and leaves no trace', async () => {
    const file = await put({ content: 5 * megabyte })
    const before = slipway.origin.sentBytes
    const head = await get('sten', file, { method: 'HEAD' })
    expect([head.status, head.headers['content-length'], (await head.bytes()).length]).toEqual([
      200,
      `${5 * megabyte}`,
      0,
    ])
    expect(slipway.origin.requests.at(-1)?.method).toBe('HEAD')
    expect(slipway.origin.sentBytes).toBe(before)
    await (await get('sten', file)).bytes()
    expect(await statusesOf(file, 1)).toEqual(['200'])
  })

  it('undoes an encoding that the origin was not asked for', async () => {
    const zipped = gzipSync('plain text')
    const file = await put({ content: zipped, etag: '"v1"', headers: { 'content-encoding': 'gzip' } })
    const { headers, bytes } = await get('sten', file, { headers: { 'accept-encoding': 'gzip' } })
    expect(String(await bytes())).toBe('plain text')
    expect(headers).not.toHaveProperty('content-encoding')
    expect(headers).not.toHaveProperty('content-length')
    expect(headers.etag).toBe('W/"v1"')
  })

  it('of other successes is a plain 200', async () => {
    const file = await put({ content: 'x', status: 203 })
    expect((await get('sten', file)).status).toBe(200)
  })
})

describe('a range', () => {
  it('is answered by the origin, as are ranges that there are not', async () => {
    const file = await put({ content: 1000, etag: '"v1"' })
    const part = await get('sten', file, { headers: { range: 'bytes=990-' } })
    expect(part.headers).toMatchObject({ 'content-range': 'bytes 990-999/1000', 'content-length': '10' })
    expect([part.status, (await part.bytes()).length]).toEqual([206, 10])
    const outside = await get('sten', file, { headers: { range: 'bytes=1000-' } })
    expect([outside.status, outside.headers['content-range']]).toEqual([416, 'bytes */1000'])
    expect(await outside.json()).toMatchObject({ status: 416, error: 'Range Not Satisfiable' })
    const changed = await get('sten', file, { headers: { range: 'bytes=990-', 'if-range': '"v0"' } })
    expect([changed.status, (await changed.bytes()).length]).toEqual([200, 1000])
    expect(await statusesOf(file, 3)).toEqual(['200', '206', '416'])
  })

  it('of another file is refused, whatever its origin makes of that', async () => {
    const lastModified = new Date('2015-10-28T20:48:21Z')
    const file = await put({ content: 1000, etag: '"v1"', lastModified })
    const bare = await put({ content: 1000 })
    const range = 'bytes=990-'
    const asked = async (headers: Record<string, string>, of = file) => (await get('sten', of, { headers })).status
    expect(await asked({ range, 'if-match': '"v1"' })).toBe(206)
    expect(await asked({ range, 'if-match': '"v0", "v1"' })).toBe(206)
    expect(await asked({ range, 'if-match': '*' }, bare)).toBe(206)
    expect(await asked({ range, 'if-match': '"v0"' })).toBe(412)
    expect(await asked({ range, 'if-match': 'W/"v1"' })).toBe(412)
    expect(await asked({ range, 'if-match': '"v1"' }, bare)).toBe(412)
    expect(await asked({ 'if-match': '"v0"' })).toBe(412)
    expect(await asked({ 'if-match': '"v0"', 'if-none-match': '"v1"' })).toBe(412)
    const older = new Date(lastModified.getTime() - 1000).toUTCString()
    expect(await asked({ range, 'if-unmodified-since': older })).toBe(412)
    expect(await asked({ range, 'if-unmodified-since': lastModified.toUTCString() })).toBe(206)
    expect(await asked({ range, 'if-unmodified-since': older, 'if-match': '"v1"' })).toBe(206)
    const refused = await get('sten', file, { headers: { range, 'if-match': '"v0"' } })
    expect(await refused.json()).toMatchObject({ status: 412, error: 'Precondition Failed' })
  })

  it('resumes a download that was cut', async () => {
    const size = 20 * megabyte
    const file = await put({ content: size, etag: '"v1"' })
    const first = await get('sten', file)
    const bytes = numberedBytes()
    for await (const piece of first.body) {
      bytes.take(piece)
      if (bytes.count > 5 * megabyte) break
    }
    const rest = await get('sten', file, { headers: { range: `bytes=${bytes.count}-`, 'if-range': '"v1"' } })
    expect([rest.status, rest.headers['content-length']]).toEqual([206, String(size - bytes.count)])
    for await (const piece of rest.body) bytes.take(piece)
    expect(bytes.count).toBe(size)
    // What was cut is written down when that is noticed, which may be after the end of the other.
    expect(await statusesOf(file, 2)).toEqual(['200', '206'])
  })
})

describe('an origin that fails', () => {
  it.each([
    [403, 403],
    [404, 404],
    [410, 410],
    [429, 429],
    [500, 500],
    [503, 503],
    [401, 502],
    [407, 502],
    [300, 502],
  ])('with %i is answered with %i, in our words', async (status, answered) => {
    const file = await put({ content: `see ${slipway.origin.url}`, status })
    const answer = await get('sten', file)
    const body = await answer.json()
    expect(body).toMatchObject({ status: answered, path: file.path })
    expect([answer.status, Object.keys(body)]).toEqual([answered, ['timestamp', 'status', 'error', 'message', 'path']])
    expect(JSON.stringify([body, answer.headers])).not.toContain(slipway.origin.url.slice('http://'.length))
    expect(answer.headers).not.toHaveProperty('www-authenticate')
    expect(await statusesOf(file, 1)).toEqual([String(answered)])
  })

  it.each([
    ['refuses connections', 'http://127.0.0.1:1/x'],
    ['is unknown', 'http://no-such-host.invalid/x'],
    ['is a metadata service', 'http://169.254.169.254/latest/meta-data/'],
    ['is named without a key', 's3://bucket'],
  ])('because it %s is a 502', async (_what, url) => {
    const file = await place({ url })
    const answer = await get('sten', file)
    const text = JSON.stringify([await answer.json(), answer.headers])
    expect(answer.status).toBe(502)
    expect(text).not.toContain(new URL(url).host)
    expect(await statusesOf(file, 1)).toEqual(['502'])
  })

  it('by leading to a metadata service, or in circles, is a 502', async () => {
    const astray = await put({ content: '', redirectTo: 'http://169.254.169.254/latest/' })
    expect((await get('sten', astray)).status).toBe(502)
    const circle = await put({ content: '', redirectTo: `/${served + 1}/file.zip` })
    expect((await get('sten', circle)).status).toBe(502)
  })

  it('by being silent is a 504', async () => {
    const silent = await put({ content: '', silent: true })
    const answer = await get('sten', silent)
    expect([answer.status, (await answer.json()).error]).toEqual([504, 'Gateway Timeout'])
    expect(await statusesOf(silent, 1)).toEqual(['504'])
  })

  it.each([
    ['dies', { diesAfter: megabyte }],
    ['dies without having told the length', { diesAfter: megabyte, lengthKnown: false }],
    ['falls silent', { stallsAfter: megabyte }],
  ])('in the middle, because it %s, is noticed by the client', async (_what, how) => {
    const file = await put({ content: 4 * megabyte, ...how })
    const answer = await get('sten', file)
    expect(answer.status).toBe(200)
    await expect(answer.bytes()).rejects.toThrow('aborted')
    const [trail] = await downloadsOf(file, 1)
    expect(trail?.data).toMatchObject({ 'download.statusCode': '200', 'download.outcome': 'origin_failed' })
  })
})

describe('redirects', () => {
  it('are followed without a word about them', async () => {
    const target = slipway.origin.put('/hidden-target', { content: 'found' })
    const file = await put({ content: '', redirectTo: target, status: 307 }, 'named.zip')
    const { status, headers, bytes } = await get('sten', file)
    expect([status, String(await bytes())]).toEqual([200, 'found'])
    expect(headers['content-disposition']).toBe('attachment; filename="named.zip"')
    expect(JSON.stringify(headers)).not.toContain('hidden-target')
  })
})

describe('a client', () => {
  it('that leaves ends the request to the origin, and that is recorded', async () => {
    const file = await put({ content: 0, endless: true })
    const answer = await get('sten', file)
    await once(answer.body, 'data')
    answer.body.destroy()
    const [trail] = await downloadsOf(file, 1)
    expect(trail).toMatchObject({
      principal: 'sten',
      data: {
        'releasePackage.name': 'Package',
        'releaseVersion.name': 'Version',
        'releaseFile.label': 'File',
        'download.statusCode': '200',
        'download.outcome': 'client_gone',
      },
    })
    const sent = slipway.origin.sentBytes
    await get('sten', await put({ content: 'something else' }))
    expect(slipway.origin.sentBytes - sent).toBeLessThan(megabyte)
  })

  it('that does not read makes the origin wait, for a while', async () => {
    const file = await put({ content: 0, endless: true })
    const before = slipway.origin.sentBytes
    const answer = await get('sten', file)
    await once(answer.body, 'readable')
    // Buffers of sockets fill up; then nothing moves any more.
    let last = -1
    await eventually(
      () => {
        const stands = slipway.origin.sentBytes === last
        last = slipway.origin.sentBytes
        return stands
      },
      { everyMs: 300 },
    )
    expect(last - before).toBeLessThan(64 * megabyte)
    // That is not the origin's fault; a client that takes nothing for too long is cut off.
    const [trail] = await downloadsOf(file, 1)
    expect(trail?.data['download.outcome']).toBe('client_gone')
    await expect(answer.bytes()).rejects.toThrow('aborted')
  })
})

describe('the record of a download', () => {
  it('is not lost when the catalog is away at its end', async () => {
    const file = await put({ content: 0, endless: true })
    const answer = await get('sten', file)
    await once(answer.body, 'data')
    const catalog = slipway.platform.processes.findLast(({ service }) => service === 'catalog')
    process.kill(catalog?.pid ?? 0, 'SIGKILL')
    answer.body.destroy()
    expect(await statusesOf(file, 1)).toEqual(['200'])
  })
})
