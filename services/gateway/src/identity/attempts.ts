import { failure } from '@slipway/contracts'

export type Attempts = {
  /** Counts an attempt before it is made. @throws `rate_limited` when there were too many that failed */
  begin(key: string): void
  /** The attempt was good: what came before it is forgotten. */
  succeeded(key: string): void
  /** The attempt was good, but says nothing of those before it. */
  takeBack(key: string): void
  /** Attempts in the current window, those under way included. */
  count(key: string): number
}

/** Keys that are watched at the same time; beyond that the oldest window is given up. */
const most = 50_000

/**
 * Limits attempts that fail: `max` of them within `windowMs` from the first one. An attempt counts from its beginning,
 * so that many made at once do not all slip through.
 */
export function limitAttempts({ max, windowMs }: { readonly max: number; readonly windowMs: number }): Attempts {
  const windows = new Map<string, { count: number; readonly endsAt: number }>()
  return {
    begin(key) {
      const now = performance.now()
      let window = windows.get(key)
      if (!window || window.endsAt <= now) {
        windows.delete(key)
        if (windows.size >= most) windows.delete(windows.keys().next().value as string)
        window = { count: 0, endsAt: now + windowMs }
        windows.set(key, window)
      }
      if (window.count >= max) {
        const retryAfter = Math.ceil((window.endsAt - now) / 1000)
        throw failure('rate_limited', 'Too many failed attempts to sign in.', { retryAfter })
      }
      window.count += 1
    },
    succeeded: key => void windows.delete(key),
    takeBack(key) {
      const window = windows.get(key)
      if (window && window.count > 0) window.count -= 1
    },
    count(key) {
      const window = windows.get(key)
      return window && window.endsAt > performance.now() ? window.count : 0
    },
  }
}
