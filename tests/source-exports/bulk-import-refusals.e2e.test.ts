import { setImmediate as turn } from 'node:timers/promises'
import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { concept, importActions, linesOf, ndjson, bulkImport as path } from './support/bulk-import.ts'
import type { Answer } from './support/client.ts'
import { platform } from './support/platform.ts'

const running = platform()
const { multipart, send } = importActions(running)

describe('what cannot be imported', () => {
  it('is refused as a whole, with its line', async () => {
    const { ada, nobody } = running.as
    const exception = async (sent: Promise<Answer>, status = 400) => {
      const answer = await sent
      expect(answer).toMatchObject({ status, body: { exception: expect.any(String) } })
      expect(Object.keys(answer.body)).toEqual(['exception'])
      return answer.body.exception
    }
    const invalid = 'Invalid input.'
    expect(await exception(ada.post(path, [concept('X')]))).toBe(invalid)
    for (const body of [{}, { data: '' }, { data: [] }, { data: 7 }, { data: null }]) {
      expect(await exception(ada.post(path, body))).toBe(invalid)
    }
    expect(await exception(ada.post(path))).toBe(invalid)
    expect(await exception(ada.send('POST', path, ' \n \n', ndjson))).toBe(invalid)
    expect(await exception(multipart([{ name: 'else', content: 'x' }]))).toBe(invalid)
    expect(await exception(multipart([{ name: 'file', file: 'empty.json', content: '' }]))).toBe(invalid)
    expect(await exception(ada.post(path, { file_url: 'http://127.0.0.1/' }))).toMatch(/^Invalid input\. Files are not/)
    expect(await exception(multipart([{ name: 'file_url', content: 'http://127.0.0.1/' }]))).toMatch(/^Invalid input/)
    expect(await exception(ada.send('POST', path, `${linesOf(concept('X'))}\n{"a":}`, ndjson))).toMatch(
      /^Failed to parse input\. \(line 2: /,
    )
    expect(await exception(ada.post(path, { data: `{}\n\nnot json` }))).toMatch(/^Failed to parse input\. \(line 3: /)
    expect(await exception(ada.send('POST', path, '{"data": [', { 'content-type': 'application/json' }))).toMatch(
      /^Failed to parse input\. \(unexpected end/,
    )
    expect(await exception(send(Buffer.from('{"type":"\xe4"}', 'latin1'), ndjson))).toContain('not valid UTF-8')
    expect(await exception(send(Buffer.from('PK\u0003\u0004 no archive'), ndjson))).toContain(
      'the archive is not usable',
    )
    expect(await exception(ada.post(`${path}?update_if_exists=maybe`, { data: [{}] }))).toBe(
      "update_if_exists must be either 'true' or 'false'",
    )
    expect(await ada.send('POST', path, 'a,b', { 'content-type': 'text/csv' })).toMatchObject({
      status: 415,
      body: { detail: 'Unsupported media type "text/csv" in request.' },
    })
    expect(
      await send(Buffer.from('--b\r\nContent-Disp'), { 'content-type': 'multipart/form-data; boundary=b' }),
    ).toMatchObject({
      status: 400,
      body: { detail: expect.stringMatching(/^Multipart form parse error/) },
    })
    expect(await send(Buffer.from('x'), { 'content-type': 'multipart/form-data' })).toMatchObject({ status: 400 })
    expect(await nobody.post(path, { data: [{}] })).toMatchObject({
      status: 401,
      body: { detail: 'Authentication credentials were not provided.' },
      headers: { 'www-authenticate': 'Token' },
    })
    expect(await ada.put(path)).toMatchObject({ status: 405 })
    expect(await nobody.get('/importers/else/')).toMatchObject({ status: 404 })
  })

  it('is refused while it is sent, before the machine suffers from it', async () => {
    let sent = 0
    async function* endless() {
      const piece = Buffer.alloc(64 * 1024, 'x')
      for (; sent < 400_000_000; sent += piece.length) {
        yield piece
        await turn()
      }
    }
    const long = await send(endless(), ndjson)
    expect(long).toMatchObject({ status: 413, body: { exception: expect.stringMatching(/line 1: longer than/) } })
    expect(sent).toBeLessThan(200_000_000)

    const header = Buffer.alloc(30)
    header.write('PK\u0003\u0004', 'latin1')
    header.writeUInt16LE(8, 8)
    const bomb = Buffer.concat([header, deflateRawSync(Buffer.alloc(100_000_000, '{'))])
    expect(await send(bomb, ndjson)).toMatchObject({ status: 413, body: { exception: expect.any(String) } })
  })
})
