import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  DeliverPolicy,
  JetStreamApiCodes,
  type JetStreamManager,
  ReplayPolicy,
} from '@nats-io/jetstream'
import { eventStream, failure } from '@slipway/contracts'
import { isMissing, nanoseconds } from './event-stream.ts'

export type DurableSettings = {
  readonly name: string
  readonly filter: string
  readonly from: 'all' | 'new'
  /** Deliveries without a receipt, over all replicas. */
  readonly maxPending: number
  readonly ackWaitMs: number
}

/** How far a consumer was known to be, should it have to be made again. */
export type Position = { streamCreated: string; sequence: number }

/**
 * Makes a durable consumer when a service starts. One that exists goes on where it is; another filter is applied by
 * making it anew at that place, because servers before 2.10 wake up late for a filter that was changed.
 */
export async function startDurable(manager: JetStreamManager, settings: DurableSettings): Promise<Position> {
  const wanted = durableConfig(settings)
  const { created, state } = await manager.streams.info(eventStream)
  const existing = await findDurable(manager, settings.name)
  if (!existing) {
    await manager.consumers.add(eventStream, { ...wanted, ...startOf(settings.from, created, undefined) })
    return { streamCreated: created, sequence: state.last_seq }
  }
  if (existing.config.ack_policy !== AckPolicy.Explicit) {
    throw failure('internal', `The consumer ${settings.name} exists and takes no receipts; delete it first.`)
  }
  if (existing.config.filter_subject !== wanted.filter_subject) {
    await manager.consumers.delete(eventStream, settings.name)
    await manager.consumers.add(eventStream, { ...wanted, ...startAfter(existing.ack_floor.stream_seq) })
  } else if (differs(existing.config, wanted)) {
    await manager.consumers.update(eventStream, settings.name, wanted)
  }
  return { streamCreated: created, sequence: existing.delivered.stream_seq }
}

/**
 * Makes a durable consumer again if it is gone, after its last known position. One that exists is left alone, whatever
 * it is like: a newer version of the service may have made it, and two that correct each other would never end. False if
 * the stream itself has been made anew since.
 */
export async function keepDurable(
  manager: JetStreamManager,
  settings: DurableSettings,
  position: Position,
): Promise<boolean> {
  const { created } = await manager.streams.info(eventStream)
  if (!(await findDurable(manager, settings.name))) {
    const start = startOf(settings.from, created, position)
    await manager.consumers.add(eventStream, { ...durableConfig(settings), ...start })
  }
  if (position.streamCreated === created) return true
  position.streamCreated = created
  position.sequence = 0
  return false
}

/**
 * Lets a durable consumer begin again behind what it has receipts for, if anything after that was delivered: what is
 * under way would otherwise come again after events that are newer. Sets the position to there, and returns the number
 * of the next delivery.
 */
export async function rewindDurable(
  manager: JetStreamManager,
  settings: DurableSettings,
  position: Position,
): Promise<number> {
  const info = await manager.consumers.info(eventStream, settings.name)
  position.sequence = info.ack_floor.stream_seq
  if (info.num_ack_pending === 0) return info.delivered.consumer_seq + 1
  await manager.consumers.delete(eventStream, settings.name)
  await manager.consumers.add(eventStream, { ...durableConfig(settings), ...startAfter(info.ack_floor.stream_seq) })
  return 1
}

function durableConfig({ name, filter, maxPending, ackWaitMs }: DurableSettings) {
  return {
    durable_name: name,
    filter_subject: filter,
    ack_policy: AckPolicy.Explicit,
    replay_policy: ReplayPolicy.Instant,
    ack_wait: nanoseconds(ackWaitMs),
    // Dead letters are counted and kept by the service; the server would just stop delivering.
    max_deliver: -1,
    max_ack_pending: maxPending,
  }
}

function differs(actual: ConsumerConfig, wanted: ReturnType<typeof durableConfig>): boolean {
  const keys = ['ack_wait', 'max_deliver', 'max_ack_pending'] as const
  return keys.some(key => actual[key] !== wanted[key])
}

type Start = Pick<ConsumerConfig, 'deliver_policy' | 'opt_start_seq'>

/** Where to begin. In a stream that was made anew since, everything is new. */
export function startOf(from: 'all' | 'new', streamCreated: string, position: Position | undefined): Start {
  if (from === 'all' || (position && position.streamCreated !== streamCreated))
    return { deliver_policy: DeliverPolicy.All }
  return position ? startAfter(position.sequence) : { deliver_policy: DeliverPolicy.New }
}

function startAfter(sequence: number): Start {
  return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: sequence + 1 }
}

async function findDurable(manager: JetStreamManager, name: string): Promise<ConsumerInfo | undefined> {
  try {
    return await manager.consumers.info(eventStream, name)
  } catch (error) {
    if (isMissing(error, JetStreamApiCodes.ConsumerNotFound)) return undefined
    throw error
  }
}
