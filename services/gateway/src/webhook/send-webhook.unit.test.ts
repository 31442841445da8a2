import { createHmac } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import { createWebhookSender, type WebhookSender } from './send-webhook.ts'
import { signedHeaders } from './signature.ts'

const open: Array<Server | WebhookSender> = []
afterEach(async () => {
  for (const each of open.splice(0)) {
    if ('send' in each) await each.close()
    else each.closeAllConnections()
  }
})

async function receiver(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  open.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function send(url: string, { allowInternal = true, timeoutMs = 15_000 } = {}) {
  const sender = createWebhookSender({ allowInternal, timeoutMs })
  open.push(sender)
  const message = { id: 'msg_1', url, body: '{"a":"ü"}', secrets: [`whsec_${btoa('k'.repeat(24))}`] }
  return sender.send(message, new AbortController().signal)
}

it('signs as the example of the specification', () => {
  // The vector of the reference library.
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const now = new Date(1_614_265_330_000)
  expect(signedHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', [secret, secret], now)).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': Array(2).fill('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=').join(' '),
  })
})

it('posts the bytes that it signed', async () => {
  let valid = false
  const port = await receiver(async (request, response) => {
    const signed = `msg_1.${request.headers['webhook-timestamp']}.${await text(request)}`
    const signature = createHmac('sha256', 'k'.repeat(24)).update(signed).digest('base64')
    valid = request.method === 'POST' && request.headers['webhook-signature'] === `v1,${signature}`
    response.end('thanks')
  })
  expect(await send(`http://127.0.0.1:${port}/?a=b`)).toMatchObject({ status: 200, error: null, response: 'thanks' })
  expect(valid).toBe(true)
})

it('takes a redirect for a failure and does not follow it', async () => {
  const paths: (string | undefined)[] = []
  const port = await receiver((request, response) => {
    paths.push(request.url)
    response.writeHead(307, { location: '/other' }).end()
  })
  expect(await send(`http://127.0.0.1:${port}/first`)).toMatchObject({
    status: 307,
    error: 'answered 307: redirects are not followed',
  })
  expect(paths).toEqual(['/first'])
})

it('reads no more of an answer than it keeps, and counts one that breaks off by its status', async () => {
  const endless = await receiver((_request, response) => {
    response.writeHead(200)
    const more = () => {
      while (response.write('x'.repeat(10_000)));
    }
    response.on('drain', more)
    more()
  })
  const long = await send(`http://127.0.0.1:${endless}`)
  expect(long).toMatchObject({ status: 200, error: null })
  expect(long.response).toHaveLength(1024)
  const broken = await receiver((_request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('begun')
    setTimeout(() => response.destroy(), 50)
  })
  expect(await send(`http://127.0.0.1:${broken}`)).toMatchObject({ status: 200, error: null, response: 'begun' })
})

it('tells how long a receiver wants to be left alone, for 429 and 503 only', async () => {
  const port = await receiver((request, response) => {
    response.writeHead(Number(request.url?.slice(1)), { 'retry-after': '7' }).end()
  })
  for (const [status, retryAfter] of [
    [429, 7],
    [503, 7],
    [500, null],
  ] as const) {
    expect(await send(`http://127.0.0.1:${port}/${status}`)).toMatchObject({ status, retryAfter })
  }
})

it('says why there is no answer', async () => {
  const silent = await receiver(() => {})
  const slow = await send(`http://127.0.0.1:${silent}`, { timeoutMs: 200 })
  expect(slow).toMatchObject({ status: null, error: 'no answer within 0.2 s' })
  expect(await send('http://127.0.0.1:1')).toMatchObject({
    status: null,
    error: expect.stringContaining('ECONNREFUSED'),
  })
})

it('does not connect to internal addresses where they are not allowed, by number or by name', async () => {
  let connected = false
  const port = await receiver((_request, response) => {
    connected = true
    response.end()
  })
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '169.254.169.254']) {
    const attempt = await send(`http://${host}:${port}`, { allowInternal: false })
    expect(attempt).toMatchObject({ status: null, error: expect.stringContaining('not allowed') })
  }
  expect(connected).toBe(false)
})
