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
  let lastError: unknown
  for (;;) {
    const result = await within(deadline - performance.now(), attempt(check))
    if (!result) throw lastError ?? new Error(`the check gave no answer within ${timeoutMs} ms`)
    if ('value' in result && result.value !== false) return result.value as Exclude<Value, false>
    lastError = 'error' in result ? result.error : new Error(`the condition was still false after ${timeoutMs} ms`)
    await delay(everyMs)
    if (performance.now() >= deadline) throw lastError
  }
}

/** The clock starts after the attempt: an answer that is there at once counts, however little time was left for it. */
async function within<Result>(ms: number, attempt: Promise<Result>): Promise<Result | undefined> {
  const giveUp = new AbortController()
  const timeIsUp = delay(Math.max(ms, 1), undefined, { signal: giveUp.signal }).catch(() => undefined)
  try {
    return await Promise.race([attempt, timeIsUp])
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
