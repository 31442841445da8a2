import type { DisabledReason } from '@slipway/contracts'

/** One request that was made, and what came of it. */
export type Attempt = {
  readonly startedAt: Date
  readonly durationMs: number
  /** Null when no answer came. */
  readonly status: number | null
  /** Null when it was delivered. */
  readonly error: string | null
  /** Beginning of the answer. */
  readonly response: string | null
  /** Seconds that the receiver wants to be left alone, if it said so with 429 or 503. */
  readonly retryAfter: number | null
}

/** How a webhook has fared, as far as it matters for what a failure means. */
export type Health = {
  readonly enabled: boolean
  readonly failingSince: Date | null
  readonly lastFailedAt: Date | null
}

export type Consequence = {
  /** Seconds until the next attempt; null: the delivery is given up. */
  readonly retryIn: number | null
  /** Seconds for which the webhook gets nothing at all; null: no pause. */
  readonly pauseFor: number | null
  readonly failingSince: Date
  readonly disable: DisabledReason | null
}

/** The schedule of Standard Webhooks: ten attempts in a little more than three days. */
const retrySeconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
/** Added to each wait at most, as a part of it, so that what failed together does not come back together. */
const jitter = 0.2

const hourMs = 3_600_000
const failingForMs = 5 * 24 * hourMs
/**
 * A failure after a longer silence begins a new period: between the attempts of one delivery lie 29 hours at most, and
 * a webhook that gets an event a month is not failing for a month.
 */
const silenceMs = 48 * hourMs
const longestPause = 86_400

export function isDelivered({ status }: Attempt): boolean {
  return status !== null && status >= 200 && status < 300
}

/**
 * What follows from a failed attempt.
 *
 * @param tries attempts of this delivery before this one, since it was last sent anew
 * @param random from 0 to 1
 */
export function afterFailure(
  attempt: Attempt,
  tries: number,
  health: Health,
  now: Date,
  random = Math.random(),
): Consequence {
  const { failingSince: since, lastFailedAt: last } = health
  const goesOn = since !== null && last !== null && now.getTime() - last.getTime() <= silenceMs
  const failingSince = goesOn ? since : now
  const disable = disabling(attempt, now.getTime() - failingSince.getTime(), health.enabled)
  const wait = retrySeconds[tries]
  const pauseFor = attempt.retryAfter === null ? null : Math.min(attempt.retryAfter, longestPause)
  const ends = wait === undefined || disable !== null || !health.enabled
  return {
    retryIn: ends ? null : Math.max(wait * (1 + jitter * random), pauseFor ?? 0),
    pauseFor,
    failingSince,
    disable,
  }
}

function disabling({ status }: Attempt, failedForMs: number, enabled: boolean): DisabledReason | null {
  if (!enabled) return null
  if (status === 410) return 'gone'
  return failedForMs >= failingForMs ? 'failing' : null
}

/** Seconds from a `Retry-After` header, which is a number of them or a date; null if it says nothing sensible. */
export function retryAfterSeconds(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null
  if (/^\s*\d+\s*$/.test(header)) return Number(header)
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now.getTime()) / 1000))
}
