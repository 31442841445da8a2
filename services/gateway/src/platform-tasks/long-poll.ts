import { setTimeout as delay } from 'node:timers/promises'
import type { Reply } from '@slipway/bus'
import type { FastifyRequest } from 'fastify'

const mostSeconds = 30
const everyMs = 250

/** Seconds that the client is ready to wait (RFC 7240, `Prefer: wait=…`), 30 at most; 0: it is not. */
export function waitSeconds(request: FastifyRequest): number {
  const preferences = request.headers.prefer
  const [, seconds = '0'] = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,4})/i.exec(String(preferences ?? '')) ?? []
  return Math.min(mostSeconds, Number(seconds))
}

/**
 * Asks again until the task has ended, or is another than the client knows, or the time is up. The last answer counts.
 */
export async function askUntilChanged(
  seconds: number,
  gone: AbortSignal,
  knows: boolean,
  ask: () => Promise<Reply>,
): Promise<Reply> {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    // `Retry-After` is sent for tasks that are under way only.
    const unchanged = answer.status === 304 || (!knows && answer.headers['retry-after'] !== undefined)
    if (!unchanged || performance.now() + everyMs > deadline || gone.aborted) return answer
    await delay(everyMs)
  }
}
