import { setTimeout as delay } from 'node:timers/promises'
import { AckPolicy } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { type EventEnvelope, eventStream } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { describe, expect, test } from 'vitest'
import type { ConsumeOptions } from '../src/mod.ts'
import { bus, consume, nats, pending, publish, publishText, useEventBus } from './event-bus.ts'
import { thingChanged, thingEvent, thingFilter, withManager } from './event-support.ts'

useEventBus()

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

/** Starts a consumer that takes batches, and notes every event in the order in which it was handled. */
async function consumeBatches(
  handle: (events: readonly EventEnvelope[]) => Promise<unknown> = async () => {},
  options: Partial<ConsumeOptions> = {},
) {
  const order: number[] = []
  const sizes: number[] = []
  const take = async (events: readonly EventEnvelope[]) => {
    await handle(events)
    sizes.push(events.length)
    order.push(...events.map(({ sequence }) => sequence))
  }
  const started = await consume(event => take([event]), { batch: { size: 20, handle: take }, ...options })
  return { ...started, order, sizes }
}

const settled = () => eventually(async () => expect(await pending('test-things')).toEqual({ pending: 0, left: 0 }))

describe('batches', () => {
  test('hold what has come meanwhile, never more than their size, in order', async () => {
    await publish(...upTo(100))
    const { order, sizes } = await consumeBatches(() => delay(5))
    await eventually(() => expect(order).toEqual(upTo(100)))
    expect(Math.max(...sizes)).toBeGreaterThan(1)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(20)
    await settled()
    await publish(101)
    await eventually(() => expect(order).toHaveLength(101))
    await settled()
  })

  test('that fail are handled one by one; the one that fails is tried again before any other, then put away', async () => {
    await publish(...upTo(30))
    const { order, letters } = await consumeBatches(
      async events => {
        if (events.some(({ sequence }) => sequence === 7)) throw new Error('not seven')
      },
      { attempts: 3, backoffMs: [10] },
    )
    await eventually(() => expect(order).toEqual(upTo(30).filter(sequence => sequence !== 7)))
    expect(letters).toMatchObject([{ attempts: 3, error: 'not seven', streamSequence: 7 }])
    await settled()
  })

  test('are not held up by a message that is no event', async () => {
    await publish(1, 2)
    await publishText('slipway.v1.event.thing.changed.TH_9', 'nonsense')
    await publish(3, 4)
    const { order, letters } = await consumeBatches()
    await eventually(() => expect(order).toEqual(upTo(4)))
    expect(letters).toMatchObject([{ payload: 'nonsense' }])
    await settled()
  })

  test('that outlast the receipt time are not delivered again', async () => {
    await publish(...upTo(10))
    const { order } = await consumeBatches(() => delay(2_500), { ackWaitMs: 1_000 })
    await eventually(() => expect(order).toHaveLength(10))
    await settled()
    expect(order).toEqual(upTo(10))
  })

  test('stop with what is being handled; the rest comes to the next process at once and in order', async () => {
    await publish(...upTo(50))
    const release = Promise.withResolvers<void>()
    const first = await consumeBatches(() => release.promise)
    await eventually(async () => expect(await pending('test-things')).toEqual({ pending: 20, left: 30 }))
    const stopped = first.consumer.stop()
    release.resolve()
    await stopped
    const second = await consumeBatches()
    await eventually(() => expect([...first.order, ...second.order]).toEqual(upTo(50)))
    await settled()
  })

  test('of a process that died come again before anything newer', async () => {
    await publish(...upTo(30))
    // Takes ten without a word, as a process that was killed has.
    await withManager(nats, manager =>
      manager.consumers.add(eventStream, {
        durable_name: 'test-things',
        filter_subject: thingFilter,
        ack_policy: AckPolicy.Explicit,
        max_ack_pending: 20,
        ack_wait: 15e9,
      }),
    )
    await takeSilently(10)
    const { order } = await consumeBatches()
    await eventually(() => expect(order).toEqual(upTo(30)))
    await settled()
  })

  test('keep their order when deliveries are lost on the way', async () => {
    await publish(...upTo(10))
    const { order } = await consumeBatches()
    await eventually(() => expect(order).toEqual(upTo(10)))
    await settled()
    const more = upTo(200).slice(10)
    // Another reader takes some of what comes.
    await Promise.all([takeSilently(5), publish(...more)])
    // Those that are repeated were handled before: their own order does not count.
    await eventually(() => expect([...new Set(order)].toSorted((a, b) => a - b)).toEqual(upTo(200)))
    await settled()
    expect([...new Set(order)]).toEqual(upTo(200))
  })

  test('go on when consumer or stream are made anew', async () => {
    const { order } = await consumeBatches(undefined, { from: 'new' })
    await publish(1, 2)
    await eventually(() => expect(order).toEqual([1, 2]))
    await settled()
    await withManager(nats, manager => manager.consumers.delete(eventStream, 'test-things'))
    await publish(3, 4)
    await eventually(() => expect(order).toEqual(upTo(4)))
    await settled()
    await withManager(nats, manager => manager.streams.delete(eventStream))
    await bus.ensureStream()
    await bus.publishEvent(thingChanged, thingEvent(5))
    await eventually(() => expect(order).toEqual(upTo(5)))
  })
})

/** Pulls messages of the consumer and forgets them. */
async function takeSilently(count: number) {
  const nc = await connect({ servers: nats.url })
  let taken = 0
  const inbox = `_INBOX.silent.${count}`
  nc.subscribe(inbox, {
    callback() {
      taken += 1
    },
  })
  nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${eventStream}.test-things`, JSON.stringify({ batch: count, expires: 5e9 }), {
    reply: inbox,
  })
  await eventually(() => expect(taken).toBeGreaterThanOrEqual(count))
  await nc.close()
}
