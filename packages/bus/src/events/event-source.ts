import type { JetStreamManager } from '@nats-io/jetstream'
import type { Link } from '../connection/post.ts'
import type { ConsumeOptions } from '../types.ts'

/** What consumers need beside the link. */
export type EventSource = {
  readonly link: Link
  readonly manager: JetStreamManager
  readonly ensureStream: () => Promise<unknown>
}

const defaults = {
  attempts: 8,
  backoffMs: [250, 1_000, 5_000, 30_000],
  concurrency: 1,
  ackWaitMs: 15_000,
  from: 'all',
} as const

export type WholeConsumeOptions = ConsumeOptions &
  Required<Pick<ConsumeOptions, 'attempts' | 'backoffMs' | 'concurrency' | 'ackWaitMs' | 'from'>>

export function withDefaults(options: ConsumeOptions): WholeConsumeOptions {
  const backoffMs = options.backoffMs?.length ? options.backoffMs : defaults.backoffMs
  return { ...defaults, ...options, backoffMs }
}
