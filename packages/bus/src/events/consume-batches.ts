import { setTimeout as delay } from 'node:timers/promises'
import type { Msg } from '@nats-io/nats-core'
import { type Deadline, monotonic } from '../connection/deadlines.ts'
import type { Consumer } from '../types.ts'
import { text } from '../wire/json.ts'
import { readDeliveryInfo } from './delivery-info.ts'
import { type DurableSettings, keepDurable, rewindDurable, startDurable } from './durable.ts'
import type { EventSource, WholeConsumeOptions } from './event-source.ts'
import { deliveryHandler, readEvent } from './handle-delivery.ts'
import { startPull } from './pull.ts'
import { sendReceipts } from './receipts.ts'
import { transient, withRetries } from './retries.ts'

/**
 * Milliseconds from the start of a batch to the next one at least. Under load there is more in each, and what a batch
 * costs by itself is shared by more events; one that comes after a pause is handled at once.
 */
const gatherMs = 25

/**
 * Starts a consumer that takes its events in batches, in order. Deliveries are counted by the server without gaps: where
 * one is missing (it was on its way when a connection or a process died), what came after it is dropped, and the
 * consumer begins again behind its last receipt. Whoever handles the events knows those that it has handled.
 */
export async function consumeInBatches(
  { link, manager, ensureStream }: EventSource,
  name: string,
  filter: string,
  options: WholeConsumeOptions,
): Promise<Consumer> {
  const { from, ackWaitMs } = options
  const batch = options.batch ?? { size: 1, handle: async () => {} }
  const { connection, deadlines } = link
  const log = connection.log.child({ consumer: name })
  const receipts = sendReceipts(link, log)
  const settings: DurableSettings = { name, filter, from, maxPending: batch.size, ackWaitMs }
  const stopping = new AbortController()
  let interrupted = new AbortController()
  let retryAfterMs: number | undefined
  const deal = deliveryHandler({
    ...options,
    consumer: name,
    // Tried again here, not by the server: it would deliver what comes after it first.
    receipts: {
      ...receipts,
      again(_receipt, afterMs) {
        retryAfterMs = afterMs
      },
    },
    deadlines,
    log,
  })

  const { position, firstDelivery } = await withRetries([250, 500, 1_000, 2_000], transient, async () => {
    await ensureStream()
    const position = await startDurable(manager, settings)
    return { position, firstDelivery: await rewindDurable(manager, settings, position) }
  })
  let nextDelivery = firstDelivery
  /** Delivered and not settled, oldest first; the batch that is being handled stands at the front. */
  let open: Msg[] = []
  let working: Promise<void> | undefined
  let lastBatchAt = Number.NEGATIVE_INFINITY
  let mending = false

  const keepAlive: Deadline = {
    dueAt: monotonic() + ackWaitMs / 3,
    due(now) {
      keepAlive.dueAt = now + ackWaitMs / 3
      for (const { reply = '' } of open) receipts.working(reply)
    },
  }
  deadlines.add(keepAlive)

  const pull = startPull(link, {
    durable: name,
    places: () => (stopping.signal.aborted ? 0 : batch.size - open.length),
    onMessage(message) {
      if (mending) return
      const info = readDeliveryInfo(message.reply)
      if (info?.consumerSequence !== nextDelivery) return void mend('a delivery is missing')
      nextDelivery += 1
      open.push(message)
      working ??= work()
    },
    onTrouble: reason => void mend(reason),
  })

  async function work() {
    // Whatever arrived together is one batch.
    await new Promise(setImmediate)
    while (open.length > 0 && !interrupted.signal.aborted) {
      const waitMs = lastBatchAt + gatherMs - monotonic()
      if (waitMs > 0 && open.length < batch.size) {
        await delay(waitMs, undefined, { signal: interrupted.signal }).catch(() => {})
        if (interrupted.signal.aborted) break
      }
      lastBatchAt = monotonic()
      const messages = [...open]
      const settled = (await handleTogether(messages)) ? messages.length : await handleInTurn(messages)
      position.sequence = readDeliveryInfo(messages[settled - 1]?.reply)?.streamSequence ?? position.sequence
      open = open.slice(settled)
      pull.fill()
    }
    working = undefined
  }

  /** False if they have to be handled one by one. */
  async function handleTogether(messages: readonly Msg[]): Promise<boolean> {
    if (messages.length === 1) return false
    const events = messages
      .map(({ data, subject }) => readEvent(text(data), subject))
      .filter(event => typeof event !== 'string')
    if (events.length < messages.length) return false
    try {
      await batch.handle(events)
    } catch (error) {
      log.info({ err: error, events: events.length }, 'a batch of events was not handled; they are handled one by one')
      return false
    }
    receipts.acknowledgeAll(messages.map(({ reply = '' }) => reply))
    return true
  }

  /** How many are settled; less than all when there is something more urgent. */
  async function handleInTurn(messages: readonly Msg[]): Promise<number> {
    for (const [index, message] of messages.entries()) {
      for (let tries = 0; ; tries += 1) {
        if (interrupted.signal.aborted) return index
        retryAfterMs = undefined
        await deal(message, tries)
        if (retryAfterMs === undefined) break
        await delay(retryAfterMs, undefined, { signal: interrupted.signal }).catch(() => {})
      }
    }
    return messages.length
  }

  /** Stream and consumer are made again if they are gone, and the order is restored; goes on until that works. */
  async function mend(reason: string) {
    if (mending || stopping.signal.aborted) return
    mending = true
    pull.pause()
    log.info({ reason }, 'the consumer has to be looked after')
    interrupted.abort()
    await working
    if (stopping.signal.aborted) return
    interrupted = new AbortController()
    open = []
    for (
      let pauseMs = 100, mended = false;
      !mended && !stopping.signal.aborted;
      pauseMs = Math.min(5_000, pauseMs * 2)
    ) {
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
      try {
        await ensureStream()
        if (await keepDurable(manager, settings, position)) receipts.repeat()
        else receipts.forget()
        await receipts.settled()
        nextDelivery = await rewindDurable(manager, settings, position)
        mended = true
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ err: error }, 'the consumer cannot be made')
      }
    }
    mending = false
    if (!stopping.signal.aborted) pull.resume()
  }

  connection.onReconnect(() => void mend('the connection was lost'))
  pull.fill()

  return {
    async stop() {
      stopping.abort()
      interrupted.abort()
      await pull.stop()
      await working
      deadlines.delete(keepAlive)
      // Whoever consumes next need not wait for them.
      for (const { reply = '' } of open) receipts.again(reply, 1)
      await receipts.settled()
    },
  }
}
