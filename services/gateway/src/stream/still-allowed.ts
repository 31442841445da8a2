import type { Caller } from '../identity/authenticator.ts'

export type RecheckOptions = {
  readonly everyMs: number
  /** Looks the caller up anew; null when the credentials are not good any more. */
  findCaller(): Promise<Caller | null>
  readonly signal: AbortSignal
  /** Called once: the caller is nobody any more, or may do other things than before. */
  ended(): void
}

/** A database that is away for so many looks ends what cannot be checked. */
const mostFailures = 5

/**
 * Looks again and again at whether somebody still is who they were when a stream was opened, with the same rights: what
 * ends credentials, takes rights away or gives others ends the stream, and its reader comes back as who it is by now.
 */
export function recheckCaller(caller: Caller, { everyMs, findCaller, signal, ended }: RecheckOptions): void {
  const rights = JSON.stringify(caller.identity)
  let failures = 0
  let looking = false

  async function look() {
    if (looking) return
    looking = true
    try {
      const now = await findCaller()
      failures = 0
      if (JSON.stringify(now?.identity) !== rights) stop()
    } catch {
      failures += 1
      if (failures >= mostFailures) stop()
    } finally {
      looking = false
    }
  }

  function stop() {
    clearInterval(timer)
    ended()
  }

  const timer = setInterval(() => void look(), everyMs)
  signal.addEventListener('abort', () => clearInterval(timer), { once: true })
}
