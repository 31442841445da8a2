import type { Bus, ConsumeOptions } from '@slipway/bus'
import { type EventEnvelope, failure } from '@slipway/contracts'
import { inBackground, now, once, onceEach, recordDeadLetter, runExclusively, type Store } from '@slipway/store'
import type { Logger } from 'pino'
import type { EventConsumer, Worker } from './definition.ts'
import type { Metrics } from './metrics.ts'

/** Events of one transaction. */
const batchSize = 200

export type ConsumerContext<Database> = {
  readonly bus: Bus
  readonly store: Store<Database>
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'consumed'>
}

/** Starts a consumer whose effects happen once for each event; one that takes batches has only one replica at a time. */
export async function startConsumer<Database>(
  { bus, store, log, metrics }: ConsumerContext<Database>,
  consumer: EventConsumer<Database>,
): Promise<Worker> {
  const { durable, filters, concurrency, handleAll } = consumer
  const tell = (handled: readonly EventEnvelope[]) => measureLag(metrics, durable, handled)
  const options: ConsumeOptions = {
    durable,
    filters,
    ...(concurrency && { concurrency }),
    handle: event => inBackground(async () => tell(await handleOnce(store, consumer, event))),
    deadLetter: letter => inBackground(() => recordDeadLetter(store, letter)),
  }
  if (!handleAll) return bus.consume(options)
  const batch = {
    size: batchSize,
    handle: (events: readonly EventEnvelope[]) =>
      inBackground(async () => tell(await handleTogether(store, consumer, events))),
  }
  return runExclusively({ store, name: durable, start: () => bus.consume({ ...options, batch }), log })
}

/** Resolves to the event, if it came for the first time. */
async function handleOnce<Database>(
  store: Store<Database>,
  consumer: EventConsumer<Database>,
  event: EventEnvelope,
): Promise<readonly EventEnvelope[]> {
  const handled = await store.transaction(async tx => {
    if (!(await once(tx, consumer.durable, event.id))) return []
    await consumer.handle(event, tx)
    return [event]
  })
  consumer.afterCommit?.()
  return handled
}

/** Handles events in one transaction, in their order. Resolves to those that came for the first time. */
export async function handleTogether<Database>(
  store: Store<Database>,
  consumer: EventConsumer<Database>,
  events: readonly EventEnvelope[],
): Promise<readonly EventEnvelope[]> {
  const handled = await store.transaction(async tx => {
    const ids = events.map(({ id }) => id)
    const first = await onceEach(tx, consumer.durable, ids)
    // An event that was sent twice may stand twice in one batch.
    const fresh = events.filter(({ id }) => first.delete(id))
    if (!consumer.handleAll) for (const event of fresh) await consumer.handle(event, tx)
    else if (fresh.length > 0) await consumer.handleAll(fresh, tx)
    return fresh
  })
  consumer.afterCommit?.()
  return handled
}

/** Counts how long after their changes events were handled. */
export function measureLag(
  metrics: Pick<Metrics, 'consumed'>,
  durable: string,
  handled: readonly EventEnvelope[],
): void {
  for (const { time } of handled) metrics.consumed(durable, Math.max(0, now() - Date.parse(time)) / 1000)
}

/** Gives an event of a dead letter to the consumer that gave it up. @throws `refused` if that does not exist any more */
export async function handleAgain<Database>(
  store: Store<Database>,
  consumers: readonly EventConsumer<Database>[],
  durable: string,
  event: EventEnvelope,
) {
  const consumer = consumers.find(candidate => candidate.durable === durable)
  if (!consumer) throw failure('refused', `The consumer ${durable} does not exist any more.`)
  await handleOnce(store, consumer, event)
}
