import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually } from '@slipway/testing'
import { pino } from 'pino'
import { afterEach, expect, test, vi } from 'vitest'
import { createServiceToken, type ServiceTokenOptions, serviceTokenConfig } from './service-token.ts'

const opened: Array<() => void> = []
afterEach(() => {
  for (const close of opened.splice(0)) close()
})

type Reply = { readonly status?: number; readonly body?: unknown; readonly silent?: boolean }

/** A token server that gives the replies in turn, the last one for ever. */
async function tokenServer(...replies: Reply[]) {
  const asked: unknown[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    asked.push({ path: request.url, method: request.method, body: JSON.parse(text) })
    const { status = 200, body = {}, silent } = replies[Math.min(asked.length, replies.length) - 1] as Reply
    if (!silent) response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

function tokenFrom(url: string, more: Partial<ServiceTokenOptions> = {}) {
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: line => void lines.push(line) })
  const config = serviceTokenConfig.parse({ AUTH0_DOMAIN: url, AUTH0_CLIENT: 'me', AUTH0_SECRET: 'hush' })
  return { token: createServiceToken({ ...config, log, ...more }), lines }
}

const granted = (token: string, expires_in?: number) => ({
  body: { access_token: token, token_type: 'Bearer', expires_in },
})

test('asks with client credentials, once for all who wait, and keeps the token', async () => {
  const server = await tokenServer(granted('first', 3600), granted('second', 3600))
  const { token } = tokenFrom(`${server.url}/`, { AUTH0_AUD: 'https://tasks.example.org' })
  const expected = { authorization: 'Bearer first', 'user-agent': 'ReleaseCoordinator/production (python-requests)' }
  expect(await Promise.all([token.headers(), token.headers()])).toEqual([expected, expected])
  expect(await token.headers()).toEqual(expected)
  expect(server.asked).toEqual([
    {
      path: '/oauth/token',
      method: 'POST',
      body: {
        grant_type: 'client_credentials',
        client_id: 'me',
        client_secret: 'hush',
        audience: 'https://tasks.example.org',
      },
    },
  ])
})

test('without credentials there are no headers and nobody is asked', async () => {
  const server = await tokenServer(granted('never'))
  const { token } = tokenFrom(server.url, { AUTH0_SECRET: undefined })
  expect(await token.headers()).toEqual({})
  expect(server.asked).toEqual([])
})

test('a token that is about to expire is replaced', async () => {
  const server = await tokenServer(granted('short', 0.001), granted('long', 3600))
  const { token } = tokenFrom(server.url)
  await token.headers()
  await eventually(async () => (await token.headers()).authorization === 'Bearer long')
})

test('a token is not used for longer than configured', async () => {
  const server = await tokenServer(granted('first', 3600), granted('second', 3600))
  const { token } = tokenFrom(server.url, { CACHE_AUTH0_TIMEOUT: 0.001 })
  await token.headers()
  await eventually(() => token.headers().then(() => server.asked.length > 1))
})

test.each([
  ['an error', { status: 500 }],
  ['an answer without a token', { body: { error: 'access_denied' } }],
  ['no answer', { silent: true }],
])('after %s calls go without a token, and the log says so once', async (_what, reply) => {
  const server = await tokenServer(reply, reply, granted('late', 3600))
  const { token, lines } = tokenFrom(server.url, { timeoutMs: 50, holdOffMs: 0 })
  expect(await token.headers()).toEqual({})
  expect(await token.headers()).toEqual({})
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('no service token')
  expect(lines[0]).not.toContain('hush')
  await eventually(async () => (await token.headers()).authorization === 'Bearer late')
  expect(lines).toHaveLength(2)
})

test('after a failure nobody is asked again for a while', async () => {
  const server = await tokenServer({ status: 503 })
  const { token } = tokenFrom(server.url)
  for (let call = 0; call < 3; call += 1) await token.headers()
  expect(server.asked).toHaveLength(1)
})

test('a failed renewal leaves the old token in use until it expires', async () => {
  const server = await tokenServer(granted('old', 10), { status: 500 })
  const { token } = tokenFrom(server.url, { holdOffMs: 0 })
  const start = performance.now()
  const now = vi.spyOn(performance, 'now').mockReturnValue(start)
  opened.push(() => now.mockRestore())
  await token.headers()
  now.mockReturnValue(start + 9500)
  expect((await token.headers()).authorization).toBe('Bearer old')
  expect(server.asked).toHaveLength(2)
  now.mockReturnValue(start + 10_500)
  expect(await token.headers()).toEqual({})
})
