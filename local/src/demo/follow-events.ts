import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import { createEventStreamParser, type StreamEvent } from './event-stream-parser.ts'

export type FollowOptions = {
  readonly url: string
  readonly token: string
  readonly signal: AbortSignal
  /** Called each time the stream is open: what happened before that may have to be looked up. */
  readonly onOpen: () => void
  readonly onEvent: (event: StreamEvent) => void
  /** Pause before the next try after the stream broke. Default 500 ms. */
  readonly retryMs?: number
}

/**
 * Follows an event stream until `signal` aborts, and takes it up again after the last event that came (`Last-Event-ID`)
 * when it breaks. Rejects with `bad_upstream` when the server refuses it (4xx), since that would not change.
 */
export async function followEvents(options: FollowOptions): Promise<void> {
  const { url, token, signal, retryMs = 500 } = options
  let lastId = ''
  while (!signal.aborted) {
    const headers = {
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
      ...(lastId !== '' && { 'last-event-id': lastId }),
    }
    const response = await open(url, headers, signal).catch(() => undefined)
    const status = response?.statusCode ?? 0
    if (response && status === 200) {
      options.onOpen()
      const parser = createEventStreamParser()
      try {
        for await (const piece of response.setEncoding('utf8')) {
          for (const event of parser.push(piece as string)) {
            lastId = event.id
            options.onEvent(event)
          }
        }
      } catch {
        // The connection broke; where it goes on is known.
      }
    } else if (response && status < 500) {
      throw failure('bad_upstream', `GET ${url}: ${status} ${await text(response)}`)
    }
    await delay(retryMs, undefined, { signal }).catch(() => {})
  }
}

/**
 * On a connection of its own: `fetch` replaces one whose request is aborted by a new one that nothing is sent on, and a
 * server that is stopping would wait for it.
 */
function open(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { headers, signal, agent: false }, resolve).on('error', reject)
  })
}
