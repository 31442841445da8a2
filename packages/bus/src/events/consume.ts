import { setTimeout as delay } from 'node:timers/promises'
import type { ConsumeOptions, Consumer } from '../types.ts'
import { consumeInBatches } from './consume-batches.ts'
import { readDeliveryInfo } from './delivery-info.ts'
import { type DurableSettings, keepDurable, startDurable } from './durable.ts'
import { type EventSource, type WholeConsumeOptions, withDefaults } from './event-source.ts'
import { deliveryHandler } from './handle-delivery.ts'
import { startPull } from './pull.ts'
import { sendReceipts } from './receipts.ts'
import { transient, withRetries } from './retries.ts'

/** One consumer that keeps the order has one delivery open; one that does not keep it must not be blocked by a few that fail. */
const maxPendingUnordered = 1_000

/** Starts the consumers of all filters; rejects, with none left running, if one cannot be made. */
export async function consumeEvents(source: EventSource, consumeOptions: ConsumeOptions): Promise<Consumer> {
  const options = withDefaults(consumeOptions)
  const { filters, durable } = options
  const started: Consumer[] = []
  const stop = async () => void (await Promise.all(started.map(consumer => consumer.stop())))
  try {
    for (const [index, filter] of filters.entries()) {
      const name = filters.length === 1 ? durable : `${durable}-${index + 1}`
      const consume = options.batch ? consumeInBatches : consumeOne
      started.push(await consume(source, name, filter, options))
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }
}

async function consumeOne(
  { link, manager, ensureStream }: EventSource,
  name: string,
  filter: string,
  options: WholeConsumeOptions,
): Promise<Consumer> {
  const { concurrency, from, ackWaitMs } = options
  const { connection, deadlines } = link
  const log = connection.log.child({ consumer: name })
  const receipts = sendReceipts(link, log)
  const maxPending = concurrency === 1 ? 1 : Math.max(maxPendingUnordered, concurrency)
  const settings: DurableSettings = { name, filter, from, maxPending, ackWaitMs }
  const deal = deliveryHandler({ ...options, consumer: name, receipts, deadlines, log })
  const position = await withRetries([250, 500, 1_000, 2_000], transient, async () => {
    await ensureStream()
    return startDurable(manager, settings)
  })
  const running = new Set<Promise<void>>()
  let stopping = false
  let mending = false

  const pull = startPull(link, {
    durable: name,
    places: () => (stopping ? 0 : concurrency - running.size),
    onMessage(message) {
      position.sequence = readDeliveryInfo(message.reply)?.streamSequence ?? position.sequence
      const work = deal(message).finally(() => {
        running.delete(work)
        pull.fill()
      })
      running.add(work)
    },
    onTrouble(reason) {
      log.info({ reason }, 'the consumer has to be looked after')
      void mend()
    },
  })

  /** Stream and consumer are made again if they are gone; goes on until that works. */
  async function mend() {
    if (mending) return
    mending = true
    for (let pauseMs = 100, mended = false; !mended && !stopping; pauseMs = Math.min(5_000, pauseMs * 2)) {
      await delay(pauseMs, undefined, { ref: false })
      try {
        await ensureStream()
        if (!(await keepDurable(manager, settings, position))) receipts.forget()
        mended = true
      } catch (error) {
        if (!stopping) log.warn({ err: error }, 'the consumer cannot be made')
      }
    }
    mending = false
    receipts.repeat()
    if (!stopping) pull.resume()
  }

  connection.onReconnect(() => {
    pull.pause()
    void mend()
  })
  pull.fill()

  return {
    async stop() {
      stopping = true
      await pull.stop()
      await Promise.all(running)
      await receipts.settled()
    },
  }
}
