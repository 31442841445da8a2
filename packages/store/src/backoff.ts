/** Milliseconds before attempt `attempt + 1`; `attempt` counts from 1. */
export type Backoff = (attempt: number) => number

/**
 * Doubles from `baseMs` (default 500) up to `maxMs` (default 60,000); half of each wait is random, so that what failed
 * together does not come back together.
 */
export function jitteredBackoff(options: { readonly baseMs?: number; readonly maxMs?: number } = {}): Backoff {
  const { baseMs = 500, maxMs = 60_000 } = options
  return attempt => {
    const full = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30))
    return full / 2 + (Math.random() * full) / 2
  }
}
