import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Client, expectError, texts } from './support/client.ts'
import { given, pathOf } from './support/given.ts'
import { type Callers, platform } from './support/platform.ts'

const limit = 3_000_000
const running = platform({ SLIPWAY_UPLOAD_LIMIT: String(limit) })
let as: Callers
beforeAll(() => {
  as = running.as
})

const boundary = 'the-boundary'
const multipart = `multipart/form-data; boundary=${boundary}`
const pdf = Buffer.concat([Buffer.from('%PDF-1.7\r\n--the-boundar'), randomBytes(1000)])

/** A part of a form, its headers as they stand on the wire. */
function part(headers: readonly string[], content: Uint8Array | string): Buffer {
  return Buffer.concat([
    Buffer.from(`--${boundary}\r\n${headers.join('\r\n')}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ])
}
const form = (...parts: Buffer[]) => Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)])
const file = (content: Uint8Array | string, filename = 'X.pdf', type: string | undefined = 'application/pdf') =>
  part(
    [
      `Content-Disposition: form-data; name="file"; filename="${filename}"`,
      ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    ],
    content,
  )

const post = (caller: Client, path: string, body: Uint8Array, type = multipart) =>
  caller.send('POST', path, body, { 'content-type': type })

async function licencePath(): Promise<string> {
  const { releasePackageId } = await given(as.sweden).package()
  return `${pathOf(releasePackageId)}/license`
}

async function uploaded(content: Uint8Array | string, filename?: string, type?: string): Promise<string> {
  const path = await licencePath()
  const answer = await post(as.sweden, path, form(file(content, filename, type)))
  expect([answer.status, answer.text]).toEqual([200, ''])
  return path
}

describe('the licence of a package', () => {
  test('is not there at first', async () => {
    const answer = await as.anonymous.get(await licencePath())
    expect([answer.status, answer.text]).toEqual([204, ''])
    expectError(await as.anonymous.get('/api/releasePackages/999999/license'), 404, texts.missing)
  })

  test('is handed out to everybody as it was uploaded', async () => {
    const path = await uploaded(pdf)
    const { status, headers, bytes } = await as.anonymous.get(path)
    expect(status).toBe(200)
    expect(bytes.equals(pdf)).toBe(true)
    expect(headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': String(pdf.length),
      'content-disposition': 'attachment; filename="X.pdf"',
      'last-modified': expect.stringMatching(/GMT$/),
      'x-content-type-options': 'nosniff',
    })
    const head = await as.anonymous.send('HEAD', path)
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', String(pdf.length)])
  })

  test('is sent only if it was replaced since', async () => {
    const path = await uploaded(pdf)
    const modified = String((await as.anonymous.get(path)).headers['last-modified'])
    const since = (value: string) => as.anonymous.get(path, { 'if-modified-since': value })
    const same = await since(modified)
    expect([same.status, same.text]).toEqual([304, ''])
    expect((await since(new Date(Date.now() + 60_000).toUTCString())).status).toBe(304)
    expect((await since(new Date(Date.parse(modified) - 1000).toUTCString())).status).toBe(200)
    expect((await since('yesterday or so')).status).toBe(200)
  })

  test('is replaced by the next one, name and type included', async () => {
    const path = await uploaded(pdf)
    expect((await post(as.admin, path, form(file('two', 'two.txt', 'text/plain; charset=utf-8')))).status).toBe(200)
    const { text, headers } = await as.anonymous.get(path)
    expect([text, headers['content-type'], headers['content-disposition']]).toEqual([
      'two',
      'text/plain; charset=utf-8',
      'attachment; filename="two.txt"',
    ])
  })

  test('stays when the form has no file, or an empty one', async () => {
    const path = await uploaded('kept')
    const other = part(['Content-Disposition: form-data; name="other"; filename="y"'], 'other')
    for (const body of [form(), form(other), form(file(''))]) {
      const answer = await post(as.sweden, path, body)
      expect([answer.status, answer.text]).toEqual([200, ''])
    }
    expect((await as.anonymous.get(path)).text).toBe('kept')
    expect((await post(as.sweden, path, form(other, file('second part')))).status).toBe(200)
    expect((await as.anonymous.get(path)).text).toBe('second part')
  })

  test.each([
    [
      'Lizenz für Ärzte.pdf',
      `attachment; filename="Lizenz f_r _rzte.pdf"; filename*=UTF-8''Lizenz%20f%C3%BCr%20%C3%84rzte.pdf`,
    ],
    ['C:\\\\Users\\\\me\\\\X.pdf', 'attachment; filename="X.pdf"'],
    ['../../etc/passwd', 'attachment; filename="passwd"'],
    ['a%22; x=%22b.pdf', `attachment; filename="a_; x=_b.pdf"; filename*=UTF-8''a%22%3B%20x%3D%22b.pdf`],
  ])('called %j is saved under its own name', async (filename, expected) => {
    const path = await uploaded('x', filename)
    expect((await as.anonymous.get(path)).headers['content-disposition']).toBe(expected)
  })

  test('without a type is a sequence of bytes', async () => {
    const path = await licencePath()
    const untyped = part(['Content-Disposition: form-data; name="file"; filename="x"'], 'x')
    expect((await post(as.sweden, path, form(untyped))).status).toBe(200)
    expect((await as.anonymous.get(path)).headers['content-type']).toBe('application/octet-stream')
    const unnamed = part(['Content-Disposition: form-data; name="file"', 'Content-Type: nonsense'], 'plain field')
    expect((await post(as.sweden, path, form(unnamed))).status).toBe(200)
    const { headers, text } = await as.anonymous.get(path)
    expect([text, headers['content-type'], headers['content-disposition']]).toEqual([
      'plain field',
      'application/octet-stream',
      'attachment; filename="license"',
    ])
  })

  test('may be as large as is configured, and not larger', async () => {
    const path = await uploaded(randomBytes(10))
    const most = randomBytes(limit)
    expect((await post(as.sweden, path, form(file(most)))).status).toBe(200)
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    expect(digest((await as.anonymous.get(path)).bytes)).toBe(digest(most))
    const more = await post(as.sweden, path, form(file(Buffer.concat([most, Buffer.from('.')]))))
    expectError(more, 413, `The file has more than ${limit} bytes`, path)
    expect((await as.anonymous.get(path)).bytes.length).toBe(limit)
  })

  test('comes as a form that can be read, or not at all', async () => {
    const path = await uploaded('kept')
    const json = await as.sweden.post(path, { file: 'x' })
    expectError(json, 415, "Content type 'application/json' not supported", path)
    const bare = await post(as.sweden, path, form(file('x')), 'multipart/form-data')
    expectError(bare, 400, 'The form has no boundary', path)
    const broken = 'The parts of the form can not be told apart'
    expectError(await post(as.sweden, path, Buffer.from('nonsense')), 400, broken, path)
    expectError(await post(as.sweden, path, file('cut off')), 400, broken, path)
    expect((await as.anonymous.get(path)).text).toBe('kept')
  })

  test('stays when the client goes away in the middle of the next one', async () => {
    const path = await uploaded('kept')
    const { hostname, port } = new URL(running.url)
    const socket = connect(Number(port), hostname)
    const authorization = `Authorization: Basic ${Buffer.from('sweden:password of sweden').toString('base64')}`
    const head = [
      `POST ${path} HTTP/1.1`,
      'Host: x',
      authorization,
      `Content-Type: ${multipart}`,
      'Content-Length: 2000000',
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    socket.write(file(randomBytes(500_000)))
    await new Promise<void>(resolve => socket.end(resolve))
    socket.destroy()
    expect((await post(as.sweden, path, form())).status).toBe(200)
    expect((await as.anonymous.get(path)).text).toBe('kept')
  })

  test('is replaced by staff of the member and by administrators only', async () => {
    const path = await uploaded('kept')
    const body = form(file(randomBytes(400_000)))
    expectError(await post(as.anonymous, path, body), 401, texts.unauthenticated, path)
    for (const caller of ['user', 'insider', 'stranger', 'america'] as const) {
      expectError(await post(as[caller], path, body), 403, texts.denied, path)
    }
    expectError(await post(as.america, path, form()), 403, texts.denied, path)
    expectError(await post(as.admin, '/api/releasePackages/999999/license', body), 404, texts.missing)
    expect((await as.anonymous.get(path)).text).toBe('kept')
  })

  test('is one of those that were sent at the same time, whole', async () => {
    const path = await licencePath()
    const contents = Array.from({ length: 6 }, (_, index) => String(index).repeat(300_000))
    const answers = await Promise.all(contents.map(content => post(as.sweden, path, form(file(content)))))
    expect(answers.map(({ status }) => status)).toEqual(contents.map(() => 200))
    expect(contents).toContain((await as.anonymous.get(path)).text)
  })
})
