import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { EventPage } from './reader.ts'
import { eventText, heartbeat } from './wire.ts'

export type SendOptions = {
  readonly heartbeatMs: number
  /** Milliseconds that a client may leave the connection full before it is taken for dead. */
  readonly stallMs: number
}

/**
 * Writes pages of events until they end or the client goes. While the connection is full nothing is read and nothing is
 * kept: a slow client finds the rest in the table.
 */
export async function sendEvents(
  response: ServerResponse,
  pages: AsyncIterable<EventPage>,
  signal: AbortSignal,
  { heartbeatMs, stallMs }: SendOptions,
): Promise<void> {
  const beat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(heartbeat)
  }, heartbeatMs)
  try {
    for await (const { events } of pages) {
      for (const event of events) {
        if (response.destroyed) return
        if (!response.write(eventText(event)) && !(await drained(response, signal, stallMs))) return
      }
    }
  } finally {
    clearInterval(beat)
  }
}

/** False when it did not drain in time, or there is no reason to wait any more. */
async function drained(response: ServerResponse, signal: AbortSignal, stallMs: number): Promise<boolean> {
  if (!response.writableNeedDrain) return !response.destroyed
  try {
    await once(response, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(stallMs)]) })
    return true
  } catch {
    response.destroy()
    return false
  }
}
