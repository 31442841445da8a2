import { connect } from '@nats-io/transport-node'
import { eventStream } from '@slipway/contracts'
import { describe, expect, test } from 'vitest'
import { bus, nats, publish, useEventBus } from './event-bus.ts'
import { messageCount, thingChanged, thingEvent, withManager } from './event-support.ts'

useEventBus()

describe('the event stream', () => {
  test('is made as it must be, and may be asked for again', async () => {
    await bus.ensureStream()
    const { config } = await withManager(nats, manager => manager.streams.info(eventStream))
    expect(config).toMatchObject({
      subjects: ['slipway.v1.event.>'],
      storage: 'file',
      retention: 'limits',
      discard: 'old',
      max_age: 7 * 24 * 3_600 * 1e9,
      duplicate_window: 120 * 1e9,
      num_replicas: 1,
    })
  })

  test('is refused, with the reasons, if it keeps less than was asked for', async () => {
    await withManager(nats, async manager => {
      await manager.streams.delete(eventStream)
      await manager.streams.add({
        name: eventStream,
        subjects: ['slipway.v1.event.thing.>'],
        storage: 'memory',
        max_age: 60 * 1e9,
        duplicate_window: 60 * 1e9,
      })
    })
    await expect(bus.ensureStream()).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringMatching(/subjects is .*storage is memory.*max_age is 60 s.*duplicate_window is 60 s/),
    })
  })

  test('of an operator who keeps more is taken', async () => {
    await withManager(nats, async manager => {
      await manager.streams.update(eventStream, { max_age: 0, max_bytes: 1e9, duplicate_window: 600 * 1e9 })
    })
    await bus.ensureStream()
  })
})

describe('publishing', () => {
  test('puts an event into the stream again under a message id of its own', async () => {
    const before = await bus.ensureStream()
    for (const messageId of [undefined, undefined, 'again', 'again']) {
      await bus.publishEvent(thingChanged, thingEvent(1), messageId)
    }
    expect(await bus.ensureStream()).toEqual({ created: before.created, lastSequence: before.lastSequence + 2 })
  })

  test('puts an event under its subject, once for an id', async () => {
    await bus.publishEvent(thingChanged, thingEvent(1, 'a.b c>*'))
    await bus.publishEvent(thingChanged, thingEvent(1, 'a.b c>*'))
    await bus.publishEvent(thingChanged, thingEvent(2))
    expect(await messageCount(nats)).toBe(2)
    await withManager(nats, async manager => {
      const message = await manager.streams.getMessage(eventStream, { seq: 1 })
      expect(message!.subject).toBe('slipway.v1.event.thing.changed.a_b_c__')
      expect(message!.header.get('Nats-Msg-Id')).toBe('a.b c>*-1')
      expect(message!.json()).toEqual(thingEvent(1, 'a.b c>*'))
    })
  })

  test('an event that does not fit is cut, so that those after it can follow', async () => {
    const event = { ...thingEvent(1, 'long'), data: 'x'.repeat(70_000) }
    const before = await messageCount(nats)
    await bus.publishEvent(thingChanged, event)
    await withManager(nats, async manager => {
      const message = await manager.streams.getMessage(eventStream, { seq: before + 1 })
      expect(message!.json()).toMatchObject({ truncated: true, data: expect.stringMatching(/^x{16384}…$/) })
    })
  })

  test('goes on when the stream is there again', async () => {
    await withManager(nats, manager => manager.streams.delete(eventStream))
    const publishing = publish(1)
    await bus.ensureStream()
    await publishing
    expect(await messageCount(nats)).toBe(1)
  })

  test('fails in the end, if there is no stream but somebody who listens', async () => {
    await withManager(nats, manager => manager.streams.delete(eventStream))
    await using nc = await connect({ servers: nats.url })
    nc.subscribe('slipway.v1.event.>', { callback: (_error, message) => void message.respond('thanks') })
    await nc.flush()
    await expect(publish(1)).rejects.toMatchObject({ code: 'unavailable' })
  })
})
