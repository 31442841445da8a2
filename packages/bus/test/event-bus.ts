import { connect } from '@nats-io/transport-node'
import { type EventEnvelope, eventStream } from '@slipway/contracts'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { Bus, ConsumeOptions, Consumer, DeadLetter, Delivery } from '../src/mod.ts'
import { thingChanged, thingEvent, thingFilter, withManager } from './event-support.ts'
import { startNats, type TestNats } from './nats-server.ts'
import { openBus } from './support.ts'

export let nats: TestNats
/** A service with the event stream; both are new for each test. */
export let bus: Bus

const consumers: Consumer[] = []

/** One broker for the tests of a file. */
export function useEventBus() {
  beforeAll(async () => {
    nats = await startNats({ config: 'max_payload: 65536' })
  })
  beforeEach(async () => {
    bus = await openBus(nats, 'registry')
    await bus.ensureStream()
  })
  afterEach(async () => {
    await Promise.all(consumers.splice(0).map(consumer => consumer.stop()))
    await bus.close()
    await withManager(nats, manager => manager.streams.delete(eventStream).catch(() => false))
  })
  afterAll(() => nats[Symbol.asyncDispose]())
}

type Seen = { readonly sequence: number; readonly attempt: number; readonly at: number }

/** Starts a consumer that notes what it is given. */
export async function consume(
  handle: (event: EventEnvelope, delivery: Delivery) => Promise<unknown> = async () => {},
  options: Partial<ConsumeOptions> = {},
) {
  const seen: Seen[] = []
  const letters: DeadLetter[] = []
  const consumer = await bus.consume({
    durable: 'test-things',
    filters: [thingFilter],
    async handle(event, delivery) {
      seen.push({ sequence: event.sequence, attempt: delivery.attempt, at: performance.now() })
      await handle(event, delivery)
    },
    async deadLetter(letter) {
      letters.push(letter)
    },
    ...options,
  })
  consumers.push(consumer)
  return { seen, letters, consumer }
}

export async function publish(...sequences: number[]) {
  for (const sequence of sequences) await bus.publishEvent(thingChanged, thingEvent(sequence))
}

/** Anything at all, past the bus. */
export async function publishText(subject: string, text: string) {
  const nc = await connect({ servers: nats.url })
  await nc.request(subject, text)
  await nc.close()
}

/** Messages that were delivered and wait for a receipt, and messages that wait for delivery. */
export function pending(durable: string): Promise<{ pending: number; left: number }> {
  return withManager(nats, async manager => {
    const info = await manager.consumers.info(eventStream, durable)
    return { pending: info.num_ack_pending, left: info.num_pending }
  })
}
