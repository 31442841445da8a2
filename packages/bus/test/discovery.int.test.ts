import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Bus } from '../src/mod.ts'
import { startNats, type TestNats } from './nats-server.ts'
import { discover, exportThing, getThing, openBus, putThing } from './support.ts'

let nats: TestNats
let client: Bus
let service: Bus
let replica: Bus

beforeAll(async () => {
  nats = await startNats()
  client = await openBus(nats, 'gateway')
  service = await openBus(nats, 'registry')
  replica = await openBus(nats, 'registry')
  await service.serve(
    [
      {
        operation: getThing,
        async handle({ id }) {
          await delay(30)
          if (id === 'none') throw failure('not_found', 'No thing.')
          if (id === 'bug') throw new Error('a bug')
          return { body: { id, name: '' } }
        },
      },
      { operation: putThing, handle: async () => ({}) },
    ],
    { queue: 'registry' },
  )
  await service.serveRaw('tasks.reindex', 'workers', async () => ({}))
  await replica.serve([{ operation: exportThing, handle: async () => ({}) }], { queue: 'registry' })
})
afterAll(async () => {
  await Promise.all([client, service, replica].map(bus => bus.close()))
  await nats[Symbol.asyncDispose]()
})

test('PING finds all instances, all of one name, or one', async () => {
  const all = await discover(nats, '$SRV.PING', 2)
  expect(all.map(answer => answer.id).toSorted()).toEqual([service.id, replica.id].toSorted())
  expect(all[0]).toEqual({
    type: 'io.nats.micro.v1.ping_response',
    name: 'registry',
    id: expect.stringMatching(/^\w+$/),
    version: '1.2.3',
    metadata: {},
  })
  expect(await discover(nats, '$SRV.PING.registry', 2)).toHaveLength(2)
  const one = await discover(nats, `$SRV.PING.registry.${replica.id}`)
  expect(one).toMatchObject([{ id: replica.id }])
})

test('INFO lists the endpoints with their queue groups', async () => {
  const [info] = await discover(nats, `$SRV.INFO.registry.${service.id}`)
  expect(info).toMatchObject({ type: 'io.nats.micro.v1.info_response', description: '' })
  expect(info!.endpoints).toEqual([
    { name: 'thing-get', subject: 'slipway.v1.registry.thing.get', queue_group: 'registry', metadata: {} },
    { name: 'thing-put', subject: 'slipway.v1.registry.thing.put', queue_group: 'registry', metadata: {} },
    { name: 'tasks-reindex', subject: 'tasks.reindex', queue_group: 'workers', metadata: {} },
  ])
})

test('STATS tell the truth about asynchronous handlers, rejected ones included', async () => {
  const ids = ['a', 'b', 'none', 'bug']
  await Promise.allSettled(ids.map(id => client.request(getThing, { id })))
  const [stats] = await discover(nats, `$SRV.STATS.registry.${service.id}`)
  expect(stats!.type).toBe('io.nats.micro.v1.stats_response')
  expect(new Date(stats!.started!).getTime()).toBeLessThanOrEqual(Date.now())
  const [get, put] = stats!.endpoints as Record<string, number>[]
  expect(get).toMatchObject({ num_requests: 4, num_errors: 2 })
  // Four handlers of 30 ms each; timers may fire up to 1 ms early.
  expect(get!.processing_time).toBeGreaterThanOrEqual(4 * 29_000_000)
  expect(get!.average_processing_time).toBe(Math.floor(get!.processing_time! / 4))
  expect(['404:No thing.', '500:a bug']).toContain(get!.last_error)
  expect(get!.data).toEqual({
    last_error: { code: expect.any(Number), description: expect.stringMatching(/No thing|a bug/) },
  })
  expect(put).toEqual({
    name: 'thing-put',
    subject: 'slipway.v1.registry.thing.put',
    queue_group: 'registry',
    num_requests: 0,
    num_errors: 0,
    last_error: '',
    processing_time: 0,
    average_processing_time: 0,
  })
})
