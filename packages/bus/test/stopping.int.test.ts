import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Bus } from '../src/mod.ts'
import { thingChanged, thingEvent, thingFilter } from './event-support.ts'
import { startNats, type TestNats } from './nats-server.ts'
import { discover, exportThing, getThing, openBus } from './support.ts'

let nats: TestNats

beforeAll(async () => {
  nats = await startNats()
})
afterAll(() => nats[Symbol.asyncDispose]())

async function replica(handled: string[]): Promise<Bus> {
  const bus = await openBus(nats, 'registry')
  await bus.serve(
    [
      {
        operation: getThing,
        async handle({ id }) {
          await delay(Math.random() * 20)
          handled.push(id)
          return { body: { id, name: bus.id } }
        },
      },
    ],
    { queue: 'registry' },
  )
  return bus
}

test('a replica that stops under load loses no call', async () => {
  const client = await openBus(nats, 'gateway')
  const handled: string[] = []
  const replicas = [await replica(handled), await replica(handled)]
  const answeredBy = new Map<string, number>()
  let calls = 0
  let stop = false
  const caller = async () => {
    while (!stop) {
      calls += 1
      const { name } = await client.call(getThing, { id: String(calls) })
      answeredBy.set(name, (answeredBy.get(name) ?? 0) + 1)
    }
  }
  const callers = Array.from({ length: 40 }, caller)
  const rounds = 4
  for (let round = 0; round < rounds; round += 1) {
    const before = calls
    await eventually(() => expect(calls).toBeGreaterThan(before + 150))
    const leaving = replicas.shift()!
    replicas.push(await replica(handled))
    await leaving.drainServers()
    await leaving.close()
  }
  stop = true
  // Any lost answer would be a timeout here.
  await Promise.all(callers)
  expect([...answeredBy.values()].reduce((sum, count) => sum + count, 0)).toBe(calls)
  expect(answeredBy.size).toBe(2 + rounds)
  expect(handled).toHaveLength(calls)
  await Promise.all([client, ...replicas].map(bus => bus.close()))
})

test('draining answers what runs and what waits in line, takes nothing new, and leaves discovery', async () => {
  const client = await openBus(nats, 'gateway')
  const service = await openBus(nats, 'registry')
  const release = Promise.withResolvers<void>()
  let begun = 0
  await service.serve(
    [
      {
        operation: getThing,
        async handle({ id }) {
          begun += 1
          await release.promise
          return { body: { id, name: '' } }
        },
      },
    ],
    { queue: 'registry', concurrency: 1 },
  )
  const calls = ['1', '2', '3'].map(id => client.call(getThing, { id }))
  await eventually(async () => {
    expect(begun).toBe(1)
    await discover(nats, `$SRV.PING.registry.${service.id}`)
  })
  let drained = false
  const draining = service.drainServers().then(() => {
    drained = true
  })
  await eventually(async () => {
    const refused = client.call(getThing, { id: 'late' }, { timeoutMs: 50 })
    await expect(refused).rejects.toMatchObject({ code: 'unavailable' })
  })
  expect(drained).toBe(false)
  release.resolve()
  expect((await Promise.all(calls)).map(({ id }) => id)).toEqual(['1', '2', '3'])
  await draining
  await expect(discover(nats, `$SRV.PING.registry.${service.id}`)).rejects.toThrow(/no responders/)
  await Promise.all([client.close(), service.close()])
})

test('draining has a time limit; closing ends what is left with an error instead of silence', async () => {
  const client = await openBus(nats, 'gateway')
  const service = await openBus(nats, 'registry')
  const told = Promise.withResolvers<unknown>()
  await service.serve(
    [
      {
        operation: exportThing,
        handle: async (_input, { signal }) => ({
          body: (async function* () {
            signal.addEventListener('abort', () => told.resolve(signal.reason))
            yield Buffer.alloc(200_000)
            await new Promise(() => {})
          })(),
        }),
      },
    ],
    { queue: 'registry' },
  )
  const reply = await client.openStream(exportThing, { id: '1' })
  await service.drainServers(100)
  await service.close()
  await told.promise
  const read = async () => {
    for await (const part of reply.body) expect(part.length).toBeGreaterThan(0)
  }
  await expect(read()).rejects.toMatchObject({ code: 'unavailable' })
  await client.close()
})

test('draining stops consumers after the event they are handling', async () => {
  const service = await openBus(nats, 'registry')
  await service.ensureStream()
  const release = Promise.withResolvers<void>()
  const begun: number[] = []
  const ended: number[] = []
  await service.consume({
    durable: 'draining',
    filters: [thingFilter],
    async handle({ sequence }) {
      begun.push(sequence)
      await release.promise
      ended.push(sequence)
    },
    deadLetter: async () => {},
  })
  await service.publishEvent(thingChanged, thingEvent(1))
  await service.publishEvent(thingChanged, thingEvent(2))
  await eventually(() => expect(begun).toEqual([1]))
  const draining = service.drainServers()
  release.resolve()
  await draining
  expect([begun, ended]).toEqual([[1], [1]])
  await service.close()
})
