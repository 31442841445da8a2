import { eventually } from '@slipway/testing'
import { fastify } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { followEvents } from '../src/demo/follow-events.ts'

/** Streams that end after the given texts; the last one stays open. */
async function eventSource(...streams: string[]) {
  const requests: { lastEventId: string | undefined; authorization: string | undefined }[] = []
  const server = fastify({ forceCloseConnections: true })
  server.get('/events/stream', (request, reply) => {
    const { 'last-event-id': lastEventId, authorization } = request.headers
    requests.push({ lastEventId: lastEventId as string | undefined, authorization })
    const text = streams[requests.length - 1]
    if (text === undefined) return reply.code(403).send({ detail: 'Not allowed' })
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
    reply.raw.write(text)
    if (requests.length < streams.length) setImmediate(() => reply.raw.destroy())
    return reply
  })
  const url = `${await server.listen({ port: 0, host: '127.0.0.1' })}/events/stream`
  onTestFinished(() => server.close())
  return { url, requests }
}

function follow(url: string) {
  const controller = new AbortController()
  const seen: string[] = []
  let opened = 0
  const done = followEvents({
    url,
    token: 'T',
    signal: controller.signal,
    retryMs: 10,
    onOpen: () => {
      opened += 1
    },
    onEvent: event => void seen.push(`${event.event} ${event.data}`),
  })
  onTestFinished(() => controller.abort())
  return { seen, opened: () => opened, done, stop: () => controller.abort() }
}

test('a stream that breaks is taken up after the last event', async () => {
  const source = await eventSource(
    'id: 1\nevent: a\ndata: x\n\nid: 2\nevent: b\ndata: cut off',
    'id: 2\nevent: b\ndata: y\n\n',
  )
  const { seen, opened, done, stop } = follow(source.url)
  await eventually(() => seen.length === 2)
  expect(seen).toEqual(['a x', 'b y'])
  expect(opened()).toBe(2)
  expect(source.requests).toEqual([
    { lastEventId: undefined, authorization: 'Bearer T' },
    { lastEventId: '1', authorization: 'Bearer T' },
  ])
  stop()
  await done
})

test('a refusal is final', async () => {
  const source = await eventSource()
  await expect(follow(source.url).done).rejects.toMatchObject({
    code: 'bad_upstream',
    message: expect.stringContaining('403 {"detail":"Not allowed"}'),
  })
})
