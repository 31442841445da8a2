import { setTimeout as delay } from 'node:timers/promises'
import { isStreamAway } from '@slipway/bus'
import type { Logger } from 'pino'

const pauseMs = 1_000

export type AwaitStreamOptions = {
  readonly log: Logger
  /** Called before each further try. */
  readonly onAway: () => void
}

/**
 * Does what a service needs of the event stream at its start, however long that is away: a process that ended would only
 * be started again, to the same end. Every other error is thrown.
 */
export async function awaitStream<Result>(
  action: () => Promise<Result>,
  { log, onAway }: AwaitStreamOptions,
): Promise<Result> {
  for (;;) {
    try {
      return await action()
    } catch (error) {
      if (!isStreamAway(error)) throw error
      log.warn({ reason: (error as Error).message }, 'the event stream is away; waiting for it')
      onAway()
      await delay(pauseMs)
    }
  }
}
