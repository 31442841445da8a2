import { setTimeout as delay } from 'node:timers/promises'
import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/nats-core'
import { isFailure } from '@slipway/contracts'

/** Runs an action, and again after each of these milliseconds as long as its error is `retryable`. */
export async function withRetries<Result>(
  delaysMs: readonly number[],
  retryable: (error: unknown) => boolean,
  action: () => Promise<Result>,
): Promise<Result> {
  for (const milliseconds of delaysMs) {
    try {
      return await action()
    } catch (error) {
      if (!retryable(error)) throw error
      await delay(milliseconds)
    }
  }
  return action()
}

/** True for what passes by itself: a broker that is starting, has no leader yet, or cannot be reached. */
export function transient(error: unknown): boolean {
  if (isFailure(error)) return isFailure(error, 'unavailable', 'timeout')
  if (error instanceof JetStreamApiError) return error.status >= 500
  return error instanceof Error && !lasting.some(kind => error instanceof kind)
}

const lasting = [errors.ClosedConnectionError, errors.DrainingConnectionError, errors.InvalidArgumentError]

/**
 * True where JetStream does not answer, or says that it can not work now: it starts, its disk is full, it is switched off.
 * The broker may do everything else meanwhile.
 */
export function isStreamAway(error: unknown): boolean {
  if (isFailure(error)) return isFailure(error, 'unavailable', 'timeout')
  if (error instanceof JetStreamApiError) return error.status >= 500
  // The library does not export the class of the second one.
  return error instanceof errors.TimeoutError || (error instanceof Error && error.name === 'JetStreamNotEnabled')
}
