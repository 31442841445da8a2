import type { Bus } from '@slipway/bus'
import { type EventEnvelope, eventSubjects } from '@slipway/contracts'
import type { EventConsumer } from '@slipway/service'
import { every, type Queryable, type Store, type Worker } from '@slipway/store'
import type { Logger } from 'pino'
import { purgeEvents, storeEvents } from './stored-event.ts'
import { followStream, type Tail } from './tail.ts'

export type StreamOptions = {
  readonly store: Store
  readonly bus: Bus
  readonly log: Logger
  /** Days that events can be read again. */
  readonly days: number
  /** What else is to be written about events, after they are stored and in the same transaction. */
  alsoWrite(tx: Queryable, events: readonly EventEnvelope[]): Promise<void>
  /** Runs after each transaction; may be lost in a crash. */
  afterCommit(): void
}

export type StreamModule = {
  readonly tail: Tail
  readonly consumer: EventConsumer<unknown>
  startPurge(): Worker
}

const purgeEveryMs = 3_600_000

/** The gateway's own copy of all events, from which clients are served. */
export async function openStream(options: StreamOptions): Promise<StreamModule> {
  const { store, bus, log, days } = options
  const tail = await followStream({ store, bus, log })
  async function write(events: readonly EventEnvelope[], tx: Queryable): Promise<void> {
    await storeEvents(tx, events)
    await options.alsoWrite(tx, events)
  }
  return {
    tail,
    consumer: {
      durable: 'gateway-stream',
      filters: [eventSubjects],
      handle: (event, tx) => write([event], tx),
      handleAll: write,
      afterCommit() {
        tail.announce()
        options.afterCommit()
      },
    },
    startPurge: () =>
      every({
        store,
        name: 'purge-stream',
        everyMs: purgeEveryMs,
        log,
        async run() {
          await purgeEvents(store, days)
        },
      }),
  }
}
