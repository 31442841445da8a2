import { setTimeout as delay } from 'node:timers/promises'
import type { Bus } from '@slipway/bus'
import { type Follower, serviceOperations } from '@slipway/contracts'
import type { Logger } from 'pino'

/**
 * Has the follower handle what was written of a resource, so that who wrote it sees it there with the next request.
 * Never rejects: what the follower does not take now, its events bring.
 */
export type TellFollower = (aggregate: string, traceparent?: string | undefined) => Promise<void>

/** Milliseconds that a write waits for its follower at most. */
const patienceMs = 500

/** Called after the commit of each write. A follower that is not there costs nothing, one that hangs half a second. */
export function createTellFollower(
  bus: Pick<Bus, 'call'>,
  log: Logger,
  { service, consumer, source, noun }: Follower,
): TellFollower {
  const { catchUp } = serviceOperations(service)
  return async (aggregate, traceparent) => {
    const input = { consumer, source, noun, aggregate }
    const caughtUp = bus.call(catchUp, input, { traceparent, timeoutMs: patienceMs }).catch(error => {
      log.debug({ err: error, consumer, aggregate }, 'a follower did not catch up with a write; its event tells it')
    })
    // A call may begin late: where the service has to ask for the proof of who it is first.
    const patience = new AbortController()
    const over = delay(patienceMs, undefined, { signal: patience.signal }).catch(() => {})
    await Promise.race([caughtUp, over])
    patience.abort()
  }
}
