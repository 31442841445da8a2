import { connect } from '@nats-io/transport-node'
import { eventStream, failure } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { describe, expect, test } from 'vitest'
import { consume, nats, pending, publish, publishText, useEventBus } from './event-bus.ts'
import { thingEvent, thingFilter, withManager } from './event-support.ts'

useEventBus()

describe('an event that fails', () => {
  test('comes again after its delays, and keeps the others waiting', async () => {
    const { seen, letters } = await consume(
      async ({ sequence }, { attempt }) => {
        if (sequence === 1 && attempt < 4) throw new Error('not yet')
      },
      { backoffMs: [100, 300, 600] },
    )
    await publish(1, 2)
    await eventually(() => expect(seen).toHaveLength(5))
    expect(seen.map(({ sequence, attempt }) => [sequence, attempt])).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      [1, 4],
      [2, 1],
    ])
    const gaps = seen.slice(1, 4).map(({ at }, index) => at - seen[index]!.at)
    for (const [index, least] of [100, 300, 600].entries()) {
      expect(gaps[index]).toBeGreaterThanOrEqual(least - 5)
      expect(gaps[index]).toBeLessThan(least + 10_000)
    }
    expect(letters).toEqual([])
  })

  test('is a dead letter after its attempts, and the next one is handled', async () => {
    const { seen, letters } = await consume(
      async ({ sequence }) => {
        if (sequence === 1) throw failure('conflict', 'never works')
      },
      { attempts: 3, backoffMs: [20] },
    )
    await publish(1, 2)
    await eventually(() => expect(seen.at(-1)).toMatchObject({ sequence: 2 }))
    expect(seen).toHaveLength(4)
    expect(letters).toEqual([
      {
        consumer: 'test-things',
        subject: 'slipway.v1.event.thing.changed.TH_1',
        streamSequence: 1,
        attempts: 3,
        payload: JSON.stringify(thingEvent(1)),
        error: 'never works',
      },
    ])
    await eventually(async () => expect(await pending('test-things')).toEqual({ pending: 0, left: 0 }))
  })

  test('is not lost when its dead letter cannot be stored', async () => {
    let stored = 0
    const { seen } = await consume(
      async ({ sequence }) => {
        if (sequence === 1) throw new Error('broken')
      },
      {
        attempts: 1,
        backoffMs: [20],
        async deadLetter({ error, attempts }) {
          stored += 1
          if (stored < 3) throw new Error('no database')
          expect([error, attempts]).toEqual(['broken', 3])
        },
      },
    )
    await publish(1, 2)
    await eventually(() => expect(seen.map(({ sequence }) => sequence)).toEqual([1, 2]))
    expect(stored).toBe(3)
  })

  test('is a dead letter without having been handled if earlier attempts never ended', async () => {
    const nc = await connect({ servers: nats.url })
    await publish(1)
    const starter = await consume(() => Promise.reject(new Error('unused')), { attempts: 1, backoffMs: [60_000] })
    await eventually(() => expect(starter.letters).toHaveLength(1))
    await starter.consumer.stop()
    // Deliveries that nobody answers, as of a process that dies each time.
    await withManager(nats, async manager => {
      await manager.consumers.delete(eventStream, 'test-things')
      await manager.consumers.add(eventStream, {
        durable_name: 'test-things',
        ack_policy: 'explicit',
        filter_subject: thingFilter,
        ack_wait: 50 * 1e6,
      })
    })
    const lost: string[] = []
    const subscription = nc.subscribe('dying', { callback: (_error, message) => void lost.push(message.reply ?? '') })
    nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${eventStream}.test-things`, '{"batch":2}', { reply: 'dying' })
    await eventually(() => expect(lost).toHaveLength(2))
    subscription.unsubscribe()
    await nc.close()
    const { seen, letters } = await consume(undefined, { attempts: 2, ackWaitMs: 50 })
    await eventually(() => expect(letters).toMatchObject([{ attempts: 3, error: 'no attempt came to its end' }]))
    expect(seen).toEqual([])
  })

  test.for([
    ['no JSON', '{"specversion":'],
    ['no event', '{"specversion":"1.0","id":"x"}'],
    ['nothing', ''],
  ])('because it is %s is a dead letter at once', async ([, text]) => {
    const { seen, letters } = await consume()
    await publishText('slipway.v1.event.thing.changed.TH_9', text!)
    await publish(1)
    await eventually(() => expect(seen).toHaveLength(1))
    expect(letters).toMatchObject([
      {
        subject: 'slipway.v1.event.thing.changed.TH_9',
        attempts: 1,
        payload: text,
        error: expect.stringContaining('not an event'),
      },
    ])
  })
})
