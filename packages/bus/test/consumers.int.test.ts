import { setTimeout as delay } from 'node:timers/promises'
import { type EventEnvelope, eventStream } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { describe, expect, test } from 'vitest'
import type { DeadLetter, Delivery } from '../src/mod.ts'
import { bus, consume, nats, pending, publish, useEventBus } from './event-bus.ts'
import { thingChanged, thingEvent, thingFilter, withManager } from './event-support.ts'
import { openBus } from './support.ts'

useEventBus()

function publishOther(sequence: number) {
  const event = { ...thingEvent(sequence, 'OT_1'), type: 'slipway.v1.other.changed' }
  return bus.publishEvent({ noun: 'other', verb: 'changed' }, event)
}

describe('a consumer', () => {
  test('gets all events of its filter from the beginning, in order, with what is known of them', async () => {
    await publish(1, 2)
    await publishOther(9)
    const deliveries: Delivery[] = []
    const events: EventEnvelope[] = []
    const { seen } = await consume(async (event, delivery) => {
      events.push(event)
      deliveries.push(delivery)
    })
    await publish(3)
    await eventually(() => expect(seen.map(({ sequence }) => sequence)).toEqual([1, 2, 3]))
    expect(events[0]).toEqual(thingEvent(1))
    expect(deliveries[0]).toEqual({ subject: 'slipway.v1.event.thing.changed.TH_1', attempt: 1, streamSequence: 1 })
    expect(deliveries[2]!.streamSequence).toBe(4)
    await eventually(async () => expect(await pending('test-things')).toEqual({ pending: 0, left: 0 }))
  })

  test('from now on gets nothing older', async () => {
    await publish(1)
    const { seen } = await consume(undefined, { from: 'new' })
    await publish(2)
    await eventually(() => expect(seen.map(({ sequence }) => sequence)).toEqual([2]))
  })

  test('goes on where it stopped', async () => {
    const first = await consume()
    await publish(1)
    await eventually(() => expect(first.seen).toHaveLength(1))
    await first.consumer.stop()
    await publish(2)
    const second = await consume()
    await eventually(() => expect(second.seen.map(({ sequence }) => sequence)).toEqual([2]))
    expect(first.seen).toHaveLength(1)
  })

  test('of several filters is one durable consumer each', async () => {
    const { seen } = await consume(undefined, { filters: [thingFilter, 'slipway.v1.event.other.changed.*'] })
    await publish(1)
    await publishOther(2)
    await eventually(() => expect(seen.map(({ sequence }) => sequence).toSorted()).toEqual([1, 2]))
    const names = await withManager(nats, async manager => {
      const found: string[] = []
      for await (const info of manager.consumers.list(eventStream))
        found.push(`${info.name} ${info.config.filter_subject}`)
      return found
    })
    expect(names.toSorted()).toEqual([
      'test-things-1 slipway.v1.event.thing.changed.*',
      'test-things-2 slipway.v1.event.other.changed.*',
    ])
  })

  test('with another filter than before is changed', async () => {
    const first = await consume(undefined, { filters: ['slipway.v1.event.other.changed.*'] })
    await publish(1)
    await publishOther(2)
    await eventually(() => expect(first.seen).toHaveLength(1))
    await first.consumer.stop()
    const second = await consume()
    await publish(3)
    // What came before its place in the stream stays behind.
    await eventually(() => expect(second.seen.map(({ sequence }) => sequence)).toEqual([3]))
    const { config } = await withManager(nats, manager => manager.consumers.info(eventStream, 'test-things'))
    expect(config.filter_subject).toBe(thingFilter)
  })

  test('shares the work of one durable name between replicas', async () => {
    const other = await openBus(nats, 'registry')
    const handled: number[] = []
    const options = { concurrency: 4, handle: async ({ sequence }: EventEnvelope) => void handled.push(sequence) }
    await consume(undefined, options)
    const letters: DeadLetter[] = []
    const consumer = await other.consume({
      durable: 'test-things',
      filters: [thingFilter],
      deadLetter: async letter => void letters.push(letter),
      ...options,
    })
    await publish(...Array.from({ length: 50 }, (_, index) => index + 1))
    await eventually(() =>
      expect(handled.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1)),
    )
    await consumer.stop()
    await other.close()
  })
})

describe('concurrency', () => {
  test('of one keeps the order', async () => {
    let running = 0
    let most = 0
    const { seen } = await consume(async () => {
      running += 1
      most = Math.max(most, running)
      await delay(1)
      running -= 1
    })
    const sequences = Array.from({ length: 40 }, (_, index) => index + 1)
    await Promise.all(sequences.map(sequence => publish(sequence)))
    await eventually(() => expect(seen).toHaveLength(40))
    expect(most).toBe(1)
    const order = await withManager(nats, async manager => {
      const stored = await Promise.all(sequences.map(seq => manager.streams.getMessage(eventStream, { seq })))
      return stored.map(message => message!.json<EventEnvelope>().sequence)
    })
    expect(seen.map(({ sequence }) => sequence)).toEqual(order)
  })

  test('of several is used and not exceeded', async () => {
    let running = 0
    let most = 0
    const allUsed = Promise.withResolvers<void>()
    const { seen } = await consume(
      async () => {
        running += 1
        most = Math.max(most, running)
        if (running === 5) allUsed.resolve()
        await allUsed.promise
        await delay(20)
        running -= 1
      },
      { concurrency: 5 },
    )
    await publish(...Array.from({ length: 30 }, (_, index) => index + 1))
    await eventually(() => expect(seen).toHaveLength(30))
    expect(most).toBe(5)
  })

  test('stop waits for running handlers, and what they did is not done again', async () => {
    const release = Promise.withResolvers<void>()
    const { seen, consumer } = await consume(() => release.promise)
    await publish(1, 2)
    await eventually(() => expect(seen).toHaveLength(1))
    let stopped = false
    const stopping = consumer.stop().then(() => {
      stopped = true
    })
    await bus.publishEvent(thingChanged, thingEvent(3))
    expect(stopped).toBe(false)
    release.resolve()
    await stopping
    expect(await pending('test-things')).toEqual({ pending: 0, left: 2 })
    expect(seen).toHaveLength(1)
  })
})

test('a handler that outlasts the receipt time is not started twice', async () => {
  const { seen } = await consume(
    async ({ sequence }) => {
      if (sequence === 1) await delay(2_500)
    },
    { ackWaitMs: 1_000 },
  )
  await publish(1, 2)
  await eventually(
    () =>
      expect(seen.map(({ sequence, attempt }) => [sequence, attempt])).toEqual([
        [1, 1],
        [2, 1],
      ]),
    { timeoutMs: 30_000 },
  )
})

describe('a stream that was deleted', () => {
  test('and made again: the consumer goes on, and so does the publisher', async () => {
    const { seen } = await consume()
    await publish(1, 2)
    await eventually(() => expect(seen).toHaveLength(2))
    await withManager(nats, manager => manager.streams.delete(eventStream))
    await bus.ensureStream()
    await publish(3)
    await eventually(() => expect(seen.map(({ sequence }) => sequence)).toEqual([1, 2, 3]))
  })

  test('is made again by its consumers', async () => {
    const { seen } = await consume(undefined, { from: 'new' })
    await publish(1)
    await eventually(() => expect(seen).toHaveLength(1))
    await withManager(nats, manager => manager.streams.delete(eventStream))
    await publish(2)
    await eventually(() => expect(seen.map(({ sequence }) => sequence)).toEqual([1, 2]))
  })

  test('or only its consumer: one for new events misses none', async () => {
    const { seen } = await consume(undefined, { from: 'new' })
    await publish(1, 2)
    await eventually(() => expect(seen).toHaveLength(2))
    await withManager(nats, manager => manager.consumers.delete(eventStream, 'test-things'))
    await publish(3, 4)
    await eventually(() => expect(seen.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]))
  })
})
