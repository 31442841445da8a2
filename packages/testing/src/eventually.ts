import { setTimeout as delay } from 'node:timers/promises'

export type EventuallyOptions = {
  /** Default 60,000: a machine may do other things beside. */
  readonly timeoutMs?: number
  /** Pause between two tries. Default 25. */
  readonly everyMs?: number
}

/**
 * Asks again until `check` neither throws nor returns false, and returns what it returned. After `timeoutMs` it throws
 * the last error of `check`, or says that the condition stayed false. A check that hangs is given up at that time, too.
 */
export async function eventually<Value>(
  check: () => Value | Promise<Value>,
  { timeoutMs = 60_000, everyMs = 25 }: EventuallyOptions = {},
): Promise<Exclude<Value, false>> {
  const deadline = performance.now() + timeoutMs
  const giveUp = new AbortController()
  const timeIsUp = delay(timeoutMs, 'time is up', { signal: giveUp.signal }).catch(() => 'time is up')
  let lastError: unknown
  try {
    for (;;) {
      const result = await Promise.race([attempt(check), timeIsUp])
      if (typeof result === 'string') throw lastError ?? new Error(`the check gave no answer within ${timeoutMs} ms`)
      if ('value' in result && result.value !== false) return result.value as Exclude<Value, false>
      lastError = 'error' in result ? result.error : new Error(`the condition was still false after ${timeoutMs} ms`)
      await delay(everyMs)
      if (performance.now() >= deadline) throw lastError
    }
  } finally {
    giveUp.abort()
  }
}

async function attempt<Value>(check: () => Value | Promise<Value>): Promise<{ value: Value } | { error: unknown }> {
  try {
    return { value: await check() }
  } catch (error) {
    return { error }
  }
}
