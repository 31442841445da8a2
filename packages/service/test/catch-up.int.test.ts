import { randomUUID } from 'node:crypto'
import { type Bus, connectBus, handler } from '@slipway/bus'
import {
  type EventEnvelope,
  eventFilter,
  eventType,
  everybody,
  type Follower,
  serviceOperations,
} from '@slipway/contracts'
import { appendEvents, openStore, type Store } from '@slipway/store'
import { captureLog, createDatabase, eventually, identityHandlers, serviceToken, startOwnNats } from '@slipway/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { baseConfig } from '../src/config.ts'
import type { ServiceDefinition } from '../src/definition.ts'
import { type RunningService, startService } from '../src/start-service.ts'
import { createTellFollower } from '../src/tell-follower.ts'

const about = (verb: string) =>
  eventType(`note.${verb}`, { summary: 'Something became of a note', audience: everybody, data: baseConfig.pick({}) })
const taken = about('taken')
const burnt = about('burnt')

/** What the consumer made of events, in its order. */
let handled: string[] = []
let failing = false
/** What the coordinator has recorded of each note. */
let recorded = new Map<string, EventEnvelope[]>()
/** How many of them it was asked for last. */
let asked: number | undefined

const definition: ServiceDefinition<z.infer<typeof baseConfig>, unknown> = {
  name: 'exporter',
  version: '1.0.0',
  config: baseConfig,
  migrations: [],
  build: () => ({
    operations: [],
    consumers: [
      {
        durable: 'exporter-notes',
        filters: [eventFilter(taken)],
        async handle({ subject, sequence }) {
          if (failing) throw new Error('not now')
          handled.push(`${subject} ${sequence}`)
        },
      },
      { durable: 'exporter-log', filters: ['slipway.v1.event.note.>'], async handle() {}, async handleAll() {} },
    ],
  }),
}

const opened = new AsyncDisposableStack()
let bus: Bus
let store: Store
let running: RunningService

beforeAll(async () => {
  const nats = opened.use(await startOwnNats())
  const database = opened.use(await createDatabase({ migrations: [] }))
  const { log } = captureLog()
  store = opened.use(await openStore({ url: database.url, log, name: 'catch-up-test' }))
  const prove = async () => serviceToken('gateway')
  bus = opened.use(await connectBus({ servers: nats.url, name: 'gateway', version: '1.0.0', log, prove }))
  await bus.serve(identityHandlers, { queue: 'gateway' })
  const coordinator = handler(serviceOperations('coordinator').recorded, async ({ aggregate, newest }) => {
    asked = newest
    return { body: { events: recorded.get(aggregate) ?? [] } }
  })
  await bus.serve([coordinator], { queue: 'coordinator' })
  const env = { DATABASE_URL: database.url, NATS_URL: nats.url, SLIPWAY_SERVICE_HOST: '127.0.0.1', LOG_LEVEL: 'silent' }
  running = await startService(definition, env)
  opened.defer(() => running.stop())
})
afterAll(() => opened.disposeAsync())
beforeEach(() => {
  handled = []
  failing = false
  recorded = new Map()
})

const eventOf = (note: string, sequence: number, { type } = taken): EventEnvelope => ({
  specversion: '1.0',
  id: randomUUID(),
  source: '/slipway/coordinator',
  type,
  subject: note,
  time: new Date().toISOString(),
  datacontenttype: 'application/json',
  sequence,
  actor: 'ada',
  data: {},
})

/** The coordinator has recorded so many events of a note. */
function record(note: string, count: number): EventEnvelope[] {
  const events = Array.from({ length: count }, (_, index) => eventOf(note, index + 1))
  recorded.set(note, events)
  return events
}

const { catchUp } = serviceOperations('exporter')
const follower = { consumer: 'exporter-notes', source: 'coordinator', noun: 'note' } as const
const catchUpWith = (aggregate: string) => bus.call(catchUp, { ...follower, aggregate }, { timeoutMs: 20_000 })

/** Sends events, and waits until the consumer is through with them: those of one filter are in order. */
async function deliver(...events: readonly EventEnvelope[]): Promise<void> {
  const last = eventOf(`last-${randomUUID()}`, 1)
  for (const event of [...events, last]) await bus.publishEvent(taken, event)
  await eventually(() => handled.includes(`${last.subject} 1`))
  handled = handled.filter(one => !one.startsWith('last-'))
}

describe('a consumer that catches up', () => {
  it('handles what is recorded, in its order, and nothing of it again when it is delivered', async () => {
    const events = record('a', 3)
    await catchUpWith('a')
    expect(handled).toEqual(['a 1', 'a 2', 'a 3'])
    expect(asked).toBe(20)
    await catchUpWith('a')
    await deliver(...events)
    expect(handled).toEqual(['a 1', 'a 2', 'a 3'])
  })

  it('leaves out what was delivered before', async () => {
    const [first] = record('b', 2)
    await deliver(first as EventEnvelope)
    await catchUpWith('b')
    expect(handled).toEqual(['b 1', 'b 2'])
  })

  it('handles each event once, whichever way it comes first', async () => {
    const notes = Array.from({ length: 20 }, (_, index) => `c${index}`)
    const events = notes.flatMap(note => record(note, 3))
    await Promise.all([deliver(...events), ...notes.map(catchUpWith)])
    expect(handled.toSorted()).toEqual(events.map(({ subject, sequence }) => `${subject} ${sequence}`).toSorted())
  })

  it('handles only what it follows', async () => {
    recorded.set('d', [eventOf('d', 1, burnt), eventOf('d', 2)])
    await catchUpWith('d')
    expect(handled).toEqual(['d 2'])
  })

  it('has not handled what it failed at, which is delivered', async () => {
    const events = record('e', 2)
    failing = true
    await expect(catchUpWith('e')).rejects.toMatchObject({ code: 'internal' })
    failing = false
    await deliver(...events)
    expect(handled).toEqual(['e 1', 'e 2'])
  })

  it('is one that there is, and that does not depend on the order of all events', async () => {
    const named = (consumer: string) => bus.call(catchUp, { ...follower, consumer, aggregate: 'a' })
    await expect(named('exporter-nothing')).rejects.toMatchObject({ code: 'refused' })
    await expect(named('exporter-log')).rejects.toMatchObject({ code: 'refused' })
  })

  it('fails when the source cannot be asked', async () => {
    const input = { ...follower, source: 'registry', aggregate: 'a' } as const
    await expect(bus.call(catchUp, input)).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('a write that tells its follower', () => {
  const told = (more: Partial<Follower> = {}) =>
    createTellFollower(bus, captureLog().log, { service: 'exporter', ...follower, ...more })

  it('is answered when the follower has handled it', async () => {
    record('f', 1)
    await told()('f')
    expect(handled).toEqual(['f 1'])
  })

  it.each<[string, Partial<Follower>]>([
    ['is away', { service: 'catalog' }],
    ['does not follow', { consumer: 'exporter-nothing' }],
    ['cannot ask', { source: 'registry' }],
  ])('is answered when the follower %s', async (_name, more) => {
    await expect(told(more)('f')).resolves.toBeUndefined()
  })
})

it('kept events are told whole, or only the newest', async () => {
  const events = [1, 2, 3].map(sequence => {
    return { noun: 'page', verb: 'turned', aggregate: 'p', sequence, actor: 'ada', data: { sequence } }
  })
  await store.transaction(tx => appendEvents(tx, events))
  const { recorded: tell } = serviceOperations('exporter')
  const asCatalog = { service: serviceToken('catalog') }
  const sequences = async (newest?: number) => {
    const { events: found } = await bus.call(tell, { noun: 'page', aggregate: 'p', newest }, asCatalog)
    return found.map(({ sequence }) => sequence)
  }
  expect(await sequences()).toEqual([1, 2, 3])
  expect(await sequences(2)).toEqual([2, 3])
  expect(await sequences(20)).toEqual([1, 2, 3])
})
