import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually } from '@slipway/testing'
import { afterEach, expect, test } from 'vitest'
import type { EventPage } from './reader.ts'
import { sendEvents } from './send-events.ts'

const closing: Array<() => void> = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const payload = 'x'.repeat(100_000)
const pageAt = (position: number): EventPage => ({
  events: [{ position, noun: 'a', verb: 'b', aggregate: 'c', release_id: null, readers: ['*'], thing: null, payload }],
  upTo: position,
})

/** A server that sends these pages, and the answer a client got; nothing of it is read yet. */
async function serve(
  pages: (signal: AbortSignal) => AsyncGenerator<EventPage>,
  options = { heartbeatMs: 60_000, stallMs: 60_000 },
) {
  const stopping = new AbortController()
  let sent: Promise<void> | undefined
  const server = createServer((_request, response) => {
    response.writeHead(200)
    response.once('close', () => stopping.abort())
    sent = sendEvents(response, pages(stopping.signal), stopping.signal, options).finally(() => response.end())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const [incoming] = (await once(get({ port: (server.address() as AddressInfo).port }), 'response')) as [
    IncomingMessage,
  ]
  incoming.on('error', () => {})
  closing.push(() => server.closeAllConnections())
  closing.push(() => server.close())
  return { incoming, stopping, done: () => sent as Promise<void> }
}

test('nothing is read ahead of a client that does not read', async () => {
  let asked = 0
  const { incoming, done } = await serve(async function* () {
    while (asked < 400) yield pageAt(++asked)
  })
  // What fits into the buffers of both sides; then it stays where it is.
  const stillAt = async () => {
    const before = asked
    await new Promise(resolve => setTimeout(resolve, 150))
    return asked === before && asked
  }
  const held = await eventually(stillAt)
  expect(held).toBeLessThan(200)
  let received = 0
  incoming.on('data', chunk => {
    received += chunk.length
  })
  await done()
  await once(incoming, 'end')
  expect(asked).toBe(400)
  expect(received).toBeGreaterThan(400 * payload.length)
})

test('a client that takes nothing for too long is given up', async () => {
  let asked = 0
  const { incoming, done } = await serve(
    async function* () {
      while (true) yield pageAt(++asked)
    },
    { heartbeatMs: 60_000, stallMs: 100 },
  )
  await done()
  incoming.resume()
  await expect(once(incoming, 'end')).rejects.toThrow()
})

test('a quiet stream is kept alive with comments', async () => {
  const { incoming, stopping, done } = await serve(
    async function* (signal) {
      yield pageAt(1)
      await once(signal, 'abort')
    },
    { heartbeatMs: 20, stallMs: 1_000 },
  )
  let text = ''
  incoming.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  await eventually(() => text.includes('\n\n: \n\n: \n\n: '))
  expect(text.startsWith('id: 1\nevent: a.b\ndata: xxx')).toBe(true)
  stopping.abort()
  await done()
})

test('a client that goes ends the reading', async () => {
  let ended = false
  const { incoming, done } = await serve(async function* () {
    try {
      for (let position = 1; ; position++) {
        yield pageAt(position)
        await new Promise(resolve => setTimeout(resolve, 1))
      }
    } finally {
      ended = true
    }
  })
  incoming.destroy()
  await done()
  expect(ended).toBe(true)
})
