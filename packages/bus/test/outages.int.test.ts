import { eventStream } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bus } from '../src/mod.ts'
import { messageCount, thingChanged, thingEvent, thingFilter, withManager } from './event-support.ts'
import { startNats, type TestNats } from './nats-server.ts'
import { captureLog, exportThing, getThing, importThing, openBus } from './support.ts'

let nats: TestNats
let client: Bus
let service: Bus

beforeEach(async () => {
  nats = await startNats()
  client = await openBus(nats, 'gateway')
  service = await openBus(nats, 'registry')
})
afterEach(async () => {
  await Promise.all([client.close(), service.close()])
  await nats[Symbol.asyncDispose]()
})

async function serveGet() {
  await service.serve([{ operation: getThing, handle: async ({ id }) => ({ body: { id, name: 'n' } }) }], {
    queue: 'registry',
  })
}

async function outage() {
  await nats.kill()
  await eventually(() => expect([client.connected, service.connected]).toEqual([false, false]))
}

test('calls made while the broker is away fail at their deadline', async () => {
  await serveGet()
  await outage()
  const startedAt = performance.now()
  await expect(client.request(getThing, { id: '1' }, { timeoutMs: 300 })).rejects.toMatchObject({
    code: 'unavailable',
    retryAfter: 1,
  })
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(299)
  await expect(client.openStream(exportThing, { id: '1' }, { timeoutMs: 100 })).rejects.toMatchObject({
    code: 'unavailable',
  })
})

test('a call that was under way when the broker died may have been done: timeout', async () => {
  const taken = Promise.withResolvers<void>()
  const never = new Promise<never>(() => {})
  await service.serve(
    [
      {
        operation: getThing,
        handle() {
          taken.resolve()
          return never
        },
      },
    ],
    { queue: 'registry' },
  )
  const call = client.request(getThing, { id: '1' }, { timeoutMs: 800 }).catch(error => error)
  await taken.promise
  await nats.kill()
  expect(await call).toMatchObject({ code: 'timeout' })
})

test('after kill -9 and restart the same callers and services go on; calls that waited are answered', async () => {
  await serveGet()
  expect((await client.call(getThing, { id: '1' })).name).toBe('n')
  await outage()
  // Made without a broker; it is there again, and so is the service, before their deadline.
  const waiting = Array.from({ length: 20 }, (_, index) =>
    client.call(getThing, { id: String(index) }, { timeoutMs: 20_000 }),
  )
  await nats.restart()
  const answers = await Promise.all(waiting)
  expect(answers.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, index) => String(index)))
  expect([client.connected, service.connected]).toEqual([true, true])
})

test('a caller that is back before its service waits for it a while', async () => {
  await serveGet()
  await service.drainServers()
  await outage()
  await nats.restart()
  await eventually(() => expect(client.connected).toBe(true))
  const call = client.call(getThing, { id: '1' })
  await eventually(() => expect(service.connected).toBe(true))
  await serveGet()
  expect((await call).id).toBe('1')
})

test('streams end with an error on both sides when the connection is lost', async () => {
  const sourceClosed = Promise.withResolvers<void>()
  const uploadFailed = Promise.withResolvers<unknown>()
  await service.serve(
    [
      {
        operation: exportThing,
        handle: async () => ({
          body: (async function* () {
            try {
              for (;;) yield Buffer.alloc(200_000)
            } finally {
              sourceClosed.resolve()
            }
          })(),
        }),
      },
      {
        operation: importThing,
        async handle(_input, _context, upload) {
          try {
            for await (const _part of upload) reading.resolve()
          } catch (error) {
            uploadFailed.resolve(error)
          }
          return { body: { bytes: 0 } }
        },
      },
    ],
    { queue: 'registry' },
  )
  const reading = Promise.withResolvers<void>()
  const reply = await client.openStream(exportThing, { id: '1' })
  const endless = (async function* () {
    for (;;) {
      yield Buffer.alloc(200_000)
      await new Promise(resolve => setImmediate(resolve))
    }
  })()
  const upload = client.upload(importThing, { id: '1' }, endless).catch(error => error)
  await reading.promise
  await nats.kill()
  const read = async () => {
    for await (const part of reply.body) expect(part.length).toBeGreaterThan(0)
  }
  await expect(read()).rejects.toMatchObject({ code: 'unavailable' })
  expect(await upload).toMatchObject({ code: 'unavailable' })
  expect(await uploadFailed.promise).toMatchObject({ code: 'unavailable' })
  await sourceClosed.promise
})

test('an event that is being published when the broker dies gets there, once', async () => {
  await service.ensureStream()
  await service.publishEvent(thingChanged, thingEvent(1))
  await outage()
  const publishing = [2, 3].map(sequence => service.publishEvent(thingChanged, thingEvent(sequence)))
  await nats.restart()
  await Promise.all(publishing)
  await service.publishEvent(thingChanged, thingEvent(3))
  expect(await messageCount(nats)).toBe(3)
})

test('under load through a kill -9: every event that was reported as published is there once', async () => {
  await service.ensureStream()
  const published: number[] = []
  let next = 0
  let stop = false
  const publisher = async () => {
    while (!stop) {
      next += 1
      const sequence = next
      await service.publishEvent(thingChanged, thingEvent(sequence))
      published.push(sequence)
    }
  }
  const publishers = Array.from({ length: 8 }, publisher)
  await eventually(() => expect(published.length).toBeGreaterThan(200))
  await nats.kill()
  await nats.restart()
  const before = published.length
  await eventually(() => expect(published.length).toBeGreaterThan(before + 200))
  stop = true
  await Promise.all(publishers)
  expect(published.length).toBe(next)
  const ids = await withManager(nats, async manager => {
    const { state } = await manager.streams.info(eventStream)
    const stored: string[] = []
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await manager.streams.getMessage(eventStream, { seq })
      stored.push(message!.header.get('Nats-Msg-Id'))
    }
    return stored
  })
  expect(new Set(ids).size).toBe(ids.length)
  expect(new Set(ids)).toEqual(new Set(published.map(sequence => `TH_1-${sequence}`)))
}, 300_000)

test('a consumer goes on after kill -9 and restart', async () => {
  await service.ensureStream()
  const handled = new Set<number>()
  const consumer = await service.consume({
    durable: 'through-outages',
    filters: [thingFilter],
    // Longer than this test waits: a delivery that the server takes for open would be seen.
    ackWaitMs: 120_000,
    handle: async ({ sequence }) => void handled.add(sequence),
    deadLetter: async () => {},
  })
  await service.publishEvent(thingChanged, thingEvent(1))
  await eventually(() => expect(handled).toEqual(new Set([1])))
  for (let round = 1; round <= 4; round += 1) {
    const sequences = Array.from({ length: 20 }, (_, index) => round * 100 + index)
    for (const sequence of sequences) await service.publishEvent(thingChanged, thingEvent(sequence))
    await eventually(() => expect(handled.has(round * 100 + 19)).toBe(true))
    await nats.kill()
    await nats.restart()
  }
  await service.publishEvent(thingChanged, thingEvent(999))
  await eventually(() => expect(handled.has(999)).toBe(true))
  expect(handled.size).toBe(82)
  await consumer.stop()
})

test('a bus that starts before the broker waits for it', async () => {
  await nats.kill()
  const starting = openBus(nats, 'early')
  await nats.restart()
  const early = await starting
  expect(early.connected).toBe(true)
  await early.close()
})

test('closing without a broker comes to an end', async () => {
  await serveGet()
  await outage()
  const call = client.request(getThing, { id: '1' }).catch(error => error)
  await service.drainServers(500)
  await Promise.all([client.close(), service.close()])
  expect(await call).toMatchObject({ code: 'unavailable' })
})

test('a lost connection and its return are logged', async () => {
  const { log, lines } = captureLog()
  const logged = await openBus(nats, 'logged', { log })
  await nats.kill()
  await eventually(() => expect(logged.connected).toBe(false))
  await nats.restart()
  await eventually(() => expect(logged.connected).toBe(true))
  const words = lines.map(({ level, msg }) => `${level} ${msg}`)
  expect(words).toContain('40 NATS connection lost, connecting again')
  expect(words).toContain('30 NATS connection is back')
  await logged.close()
  expect(lines.some(({ level }) => level === 60)).toBe(false)
})
