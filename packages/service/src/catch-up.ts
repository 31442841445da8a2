import type { CallOptions } from '@slipway/bus'
import { type EventEnvelope, failure, serviceOperations, subjectOfEvent } from '@slipway/contracts'
import { type ConsumerContext, handleTogether, measureLag } from './consumers.ts'
import type { CatchUp, EventConsumer, Followed } from './definition.ts'

/** Enough for the one that was just written and those before it that are still on their way; older ones are delivered. */
const newest = 20

export function catchUpWith<Database>(context: Omit<ConsumerContext<Database>, 'log'>): CatchUp<Database> {
  const { bus, store, metrics } = context
  return async (consumer, { source, ...wanted }, call = {}) => {
    const { events } = await bus.call(serviceOperations(source).recorded, wanted, call)
    const followed = (events as readonly EventEnvelope[]).filter(event =>
      isFollowed(consumer.filters, subjectOfEvent(event)),
    )
    if (followed.length > 0) {
      measureLag(metrics, consumer.durable, await handleTogether(store, consumer, followed))
    }
    return events.length
  }
}

/**
 * The same for a consumer that another service names, after a write of its own.
 * @throws `refused` for one that does not exist, or that one replica alone works for
 */
export async function catchUpByName<Database>(
  catchUp: CatchUp<Database>,
  consumers: readonly EventConsumer<Database>[],
  durable: string,
  followed: Followed,
  call: CallOptions,
): Promise<void> {
  const consumer = consumers.find(candidate => candidate.durable === durable)
  if (!consumer) throw failure('refused', `There is no consumer ${durable}.`)
  if (consumer.handleAll) throw failure('refused', `The consumer ${durable} takes events as they are delivered only.`)
  await catchUp(consumer, { ...followed, newest }, call)
}

/** Whether one of the filters of a consumer is for a subject: `*` stands for one token of it, `>` for all that are left. */
function isFollowed(filters: readonly string[], subject: string): boolean {
  const tokens = subject.split('.')
  return filters.some(filter => {
    const wanted = filter.split('.')
    const isOpen = wanted.at(-1) === '>'
    if (isOpen) wanted.pop()
    const fits = wanted.every((token, place) => token === tokens[place] || (token === '*' && place < tokens.length))
    return fits && (isOpen ? tokens.length > wanted.length : tokens.length === wanted.length)
  })
}
