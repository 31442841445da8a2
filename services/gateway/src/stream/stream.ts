import type { Bus } from '@slipway/bus'
import { eventSubjects } from '@slipway/contracts'
import type { EventConsumer } from '@slipway/service'
import { every, type Store, type Worker } from '@slipway/store'
import type { Logger } from 'pino'
import { purgeEvents, storeEvent } from './stored-event.ts'
import { followStream, type Tail } from './tail.ts'

export type StreamOptions = {
  readonly store: Store
  readonly bus: Bus
  readonly log: Logger
  /** Days that events can be read again. */
  readonly days: number
}

export type StreamModule = {
  readonly tail: Tail
  readonly consumer: EventConsumer<unknown>
  startPurge(): Promise<Worker>
}

const purgeEveryMs = 3_600_000

/** The gateway's own copy of all events, from which clients are served. */
export async function openStream({ store, bus, log, days }: StreamOptions): Promise<StreamModule> {
  const tail = await followStream({ store, bus, log })
  return {
    tail,
    consumer: {
      durable: 'gateway-stream',
      filters: [eventSubjects],
      handle: (event, tx) => storeEvent(tx, event),
      afterCommit: () => tail.announce(),
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
