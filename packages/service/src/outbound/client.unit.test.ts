import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { createOutbound, type Outbound, type OutboundOptions, type OutboundRequest } from './client.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const opened: (Server | Outbound)[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) {
    if ('closeAllConnections' in one) one.closeAllConnections()
    await one.close()
  }
})

async function serve(answer: Answer): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  opened.push(server)
  await new Promise(resolve => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function send(url: string, more: Partial<OutboundRequest> = {}, options: Partial<OutboundOptions> = {}) {
  const outbound = createOutbound({ allowInternal: true, answerTimeoutMs: 60_000, maxBytes: 1000, ...options })
  opened.push(outbound)
  return outbound.send({ url, method: 'GET', ...more })
}

const redirectTo =
  (location: string): Answer =>
  (_request, response) => {
    response.writeHead(302, { location }).end('elsewhere')
  }

describe('an outbound call', () => {
  it('hands over what the other side answers, whatever it is', async () => {
    const url = await serve((request, response) => {
      let body = ''
      request.on('data', chunk => {
        body += chunk
      })
      request.on('end', () => response.writeHead(418).end(`${request.method} ${request.headers['x-trace']} ${body}`))
    })
    const sent = await send(url, { method: 'POST', body: '{"ä":1}', headers: { 'x-trace': 'abc' } })
    expect(sent).toEqual({ kind: 'answer', status: 418, text: 'POST abc {"ä":1}' })
  })

  it.each([
    ['gzip', gzipSync],
    ['X-GZip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['identity', (text: string) => Buffer.from(text)],
    ['deflate, gzip', (text: string) => gzipSync(deflateSync(text))],
    // It says so, but it is not.
    ['gzip', (text: string) => Buffer.from(text)],
    ['unheard-of', (text: string) => Buffer.from(text)],
  ])('reads an answer whose content coding is %s', async (coding, encode) => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(encode('{"state":"staged"}'))
    })
    expect(await send(url)).toEqual({ kind: 'answer', status: 200, text: '{"state":"staged"}' })
  })

  it('reads no more of a compressed answer than of another one', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(10_000_000)))
    })
    expect(await send(url, {}, { maxBytes: 100_000 })).toMatchObject({ kind: 'unreachable', reason: 'too_large' })
  })

  it.each([
    ['UTF-8 with a mark', Buffer.from('\ufeff{"ä":1}')],
    ['UTF-16', Buffer.from('\ufeff{"ä":1}', 'utf16le')],
    ['UTF-16, the other way round', Buffer.from('\ufeff{"ä":1}', 'utf16le').swap16()],
  ])('reads an answer in %s', async (_, bytes) => {
    const url = await serve((_request, response) => response.end(bytes))
    expect(await send(url)).toMatchObject({ text: '{"ä":1}' })
  })

  it('says whose it is, unless the caller does', async () => {
    const url = await serve((request, response) => response.end(request.headers['user-agent']))
    expect(await send(url)).toMatchObject({ text: 'Slipway/1.0' })
    expect(await send(url, { headers: { 'User-Agent': 'somebody' } })).toMatchObject({ text: 'somebody' })
  })

  it('follows redirects only if told to, as far as told', async () => {
    const end = await serve((_request, response) => response.end('arrived'))
    const url = await serve(redirectTo(end))
    expect(await send(url)).toMatchObject({ kind: 'answer', status: 302 })
    expect(await send(url, { redirects: 1 })).toEqual({ kind: 'answer', status: 200, text: 'arrived' })
    const circle: string = await serve((_request, response) => redirectTo(circle)(_request, response))
    expect(await send(circle, { redirects: 5 })).toMatchObject({ kind: 'unreachable', reason: 'redirects' })
  })

  it('keeps its credentials on the same host, and never takes them to another one', async () => {
    const seen: (string | undefined)[] = []
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.end(String(request.headers['x-trace']))
    })
    const url: string = await serve((request, response) => {
      seen.push(request.headers.authorization)
      redirectTo(request.url === '/first' ? '/second' : other)(request, response)
    })
    const headers = { Authorization: 'Bearer secret', 'x-trace': 'abc' }
    const sent = await send(`${url}/first`, { redirects: 2, headers })
    expect(sent).toMatchObject({ kind: 'answer', text: 'abc' })
    expect(seen).toEqual(['Bearer secret', 'Bearer secret', undefined])
  })

  it('does not follow a redirect to a forbidden address, nor to another scheme', async () => {
    const metadata = await serve(redirectTo('http://169.254.169.254/latest/meta-data'))
    expect(await send(metadata, { redirects: 5 })).toMatchObject({ kind: 'unreachable', reason: 'forbidden' })
    const file = await serve(redirectTo('file:///etc/passwd'))
    expect(await send(file, { redirects: 5 })).toMatchObject({ kind: 'unreachable', reason: 'invalid_url' })
  })

  it('looks at the address that a name leads to, not at the name', async () => {
    const url = await serve((_request, response) => response.end('internal'))
    const byName = url.replace('127.0.0.1', 'localhost')
    expect(await send(byName)).toMatchObject({ kind: 'answer', text: 'internal' })
    expect(await send(byName, {}, { allowInternal: false })).toMatchObject({ kind: 'unreachable', reason: 'forbidden' })
  })

  it.each([
    ['silence', () => undefined],
    [
      'an answer that stops',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 10 })
        response.write('half')
      },
    ],
  ] as [string, Answer][])('does not wait without end for %s', async (_what, answer) => {
    expect(await send(await serve(answer), {}, { answerTimeoutMs: 500 })).toMatchObject({
      ...{ kind: 'unreachable', reason: 'timeout', message: 'no answer within 0.5 s' },
    })
  })

  it.each([
    [
      'an answer that breaks off',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 10 })
        response.write('half', () => response.destroy())
      },
      { kind: 'unreachable', reason: 'lost' },
    ],
    ['a broken connection', request => request.socket.destroy(), { kind: 'unreachable', reason: 'lost' }],
    [
      'too much, of which the beginning is kept',
      (_request, response) => response.writeHead(500).end('x'.repeat(1001)),
      { kind: 'unreachable', reason: 'too_large', partial: { status: 500, text: expect.stringMatching(/^x+$/) } },
    ],
    [
      'just as much as is read',
      (_request, response) => response.end('x'.repeat(1000)),
      { kind: 'answer', status: 200 },
    ],
    ['nothing', (_request, response) => response.end(), { kind: 'answer', status: 200, text: '' }],
  ] as [string, Answer, object][])('tells %s apart', async (_what, answer, expected) => {
    expect(await send(await serve(answer))).toMatchObject(expected)
  })

  it.each(['http://', 'not a url', 'ftp://127.0.0.1/', 'nats://service'])('does not call %s', async url => {
    expect(await send(url)).toMatchObject({ kind: 'unreachable', reason: 'invalid_url' })
  })

  it('says who refused the connection', async () => {
    const url = await serve(() => undefined)
    await opened.shift()?.close()
    expect(await send(url)).toMatchObject({ kind: 'unreachable', reason: 'connect', message: /ECONNREFUSED/ })
  })

  it('ends when the caller gives up', async () => {
    const url = await serve(() => undefined)
    const signal = AbortSignal.abort()
    expect(await send(url, { signal })).toMatchObject({ kind: 'unreachable', reason: 'connect' })
  })
})
