import { Agent } from 'node:http'
import { releaseOperations } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { readEvents } from './event-reader.ts'
import { request } from './http-client.ts'
import { type Platform, startPlatform } from './platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
})
afterAll(() => platform?.[Symbol.asyncDispose]())
afterEach(() => platform.services.reset())

const refused = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'

test('requests under way are answered, new ones are not taken', async () => {
  const replica = await platform.startReplica()
  let under = 0
  const { promise: mayAnswer, resolve: letAnswer } = Promise.withResolvers<void>()
  platform.services.script(releaseOperations.get, async () => {
    under += 1
    await mayAnswer
    return { body: { answered: true } }
  })
  const agent = new Agent({ keepAlive: true })
  const running = Array.from({ length: 20 }, (_, index) => request(replica.port, `/releases/RE_${index}`, { agent }))
  await eventually(() => under === 20)
  const stopped = replica.stop()
  await eventually(() => request(replica.port, '/').then(() => false, refused))
  letAnswer()
  for (const answer of await Promise.all(running)) {
    expect([answer.status, answer.json, answer.headers.connection]).toEqual([200, { answered: true }, 'close'])
  }
  await stopped
})

test('clients that keep their connections lose no request when they are told to connect anew, elsewhere', async () => {
  const replica = await platform.startReplica({ SLIPWAY_STOP_DELAY_MS: '300' })
  let [before, after] = [0, 0]
  const faults: unknown[] = []
  let running = true
  const clients = Array.from({ length: 8 }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    let port = replica.port
    while (running) {
      const answer = await request(port, '/releases/RE_1', { agent }).catch(error => error as Error)
      if (answer instanceof Error || answer.status !== 200) faults.push(answer)
      else if (answer.headers.connection === 'close') port = platform.port
      if (port === platform.port) after += 1
      else before += 1
    }
    agent.destroy()
  })
  await eventually(() => before > 100)
  await replica.stop()
  await eventually(() => after > 100)
  running = false
  await Promise.all(clients)
  expect(faults).toEqual([])
})

test('a stopping gateway says so, and ends its streams', async () => {
  const replica = await platform.startReplica({ SLIPWAY_STOP_DELAY_MS: '400' })
  expect((await request(replica.port, '/readyz')).json).toEqual({ status: 'ready' })
  const readers = await Promise.all([1, 2, 3].map(() => readEvents(replica.port, '/events/stream')))
  const stopped = replica.stop()
  await eventually(async () => (await request(replica.port, '/readyz')).status === 503, { everyMs: 5 })
  await stopped
  await eventually(() => readers.every(reader => reader.ended()))
})
