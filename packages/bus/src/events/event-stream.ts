import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { eventStream, eventSubjects, failure } from '@slipway/contracts'
import type { EventStreamState } from '../types.ts'
import { transient, withRetries } from './retries.ts'

export type StreamSettings = { readonly maxAgeMs: number; readonly replicas: number | undefined }

export const defaultMaxAgeMs = 7 * 24 * 60 * 60 * 1_000
const duplicateWindowMs = 2 * 60 * 1_000

/**
 * Makes the event stream if it is missing. Waits through a broker that is just starting; `internal`, naming each
 * difference, if the stream that exists would lose events or duplicates that we rely on.
 */
export async function ensureEventStream(
  manager: JetStreamManager,
  settings: StreamSettings,
): Promise<EventStreamState> {
  const wanted = streamConfig(settings)
  const { config, created, state } = await withRetries([250, 500, 1_000, 2_000, 4_000], transient, async () => {
    try {
      return await manager.streams.info(eventStream)
    } catch (error) {
      if (!isMissing(error, JetStreamApiCodes.StreamNotFound)) throw error
      return manager.streams.add(wanted)
    }
  })
  const differences = streamDifferences(wanted, config)
  if (differences.length === 0) return { created, lastSequence: state.last_seq }
  throw failure('internal', `The stream ${eventStream} is not as it must be: ${differences.join('; ')}.`)
}

export type WantedStream = Pick<
  StreamConfig,
  'name' | 'subjects' | 'storage' | 'retention' | 'discard' | 'max_age' | 'duplicate_window'
>

export function streamConfig({ maxAgeMs, replicas }: StreamSettings): WantedStream & Partial<StreamConfig> {
  return {
    name: eventStream,
    subjects: [eventSubjects],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanoseconds(maxAgeMs),
    duplicate_window: nanoseconds(duplicateWindowMs),
    ...(replicas !== undefined && { num_replicas: replicas }),
  }
}

/**
 * Where a stream keeps less than was asked for. Old servers drop settings they do not know without a word, and an
 * operator may have made the stream; more replicas, a longer age or a limit in bytes are the operator's business.
 */
export function streamDifferences(wanted: WantedStream, actual: StreamConfig): string[] {
  const differences: string[] = []
  function same(key: 'subjects' | 'storage' | 'retention' | 'discard') {
    const [want, is] = [String(wanted[key]), String(actual[key])]
    if (want !== is) differences.push(`${key} is ${is} instead of ${want}`)
  }
  function atLeast(key: 'max_age' | 'duplicate_window', unlimited: number | undefined) {
    if (actual[key] < wanted[key] && actual[key] !== unlimited) {
      differences.push(`${key} is ${actual[key] / 1e9} s instead of ${wanted[key] / 1e9} s`)
    }
  }
  same('subjects')
  same('storage')
  same('retention')
  same('discard')
  atLeast('max_age', 0)
  atLeast('duplicate_window', undefined)
  if (actual.max_msgs_per_subject > 0) differences.push('max_msgs_per_subject drops events that are not handled yet')
  if (actual.no_ack) differences.push('no_ack leaves publishers without an answer')
  return differences
}

export function nanoseconds(milliseconds: number): number {
  return milliseconds * 1_000_000
}

export function isMissing(error: unknown, code: JetStreamApiCodes): boolean {
  return error instanceof JetStreamApiError && error.code === code
}
