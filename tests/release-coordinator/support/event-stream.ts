import { once } from 'node:events'
import { type IncomingMessage, request as open } from 'node:http'
import { parseExact } from '@slipway/contracts'
import { eventually } from '@slipway/testing'

export type StreamedEvent = {
  readonly id: string
  /** `release.staged` */
  readonly event: string
  readonly data: {
    readonly specversion: string
    readonly id: string
    readonly type: string
    readonly source: string
    readonly subject: string
    readonly time: string
    readonly data: Readonly<Record<string, unknown>>
  }
}

export type EventStream = AsyncDisposable & {
  readonly response: IncomingMessage
  /** Everything that came so far. */
  readonly events: readonly StreamedEvent[]
  /** Waits for an event. */
  until(isIt: (event: StreamedEvent) => boolean): Promise<StreamedEvent>
}

/** Opens `/events/stream` as a browser's EventSource does. */
export async function eventStream(
  url: string,
  query: Readonly<Record<string, string>> = {},
  lastEventId?: string,
): Promise<EventStream> {
  const headers = { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) }
  const outgoing = open(`${url}/events/stream?${new URLSearchParams(query)}`, { headers })
  outgoing.end()
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const events: StreamedEvent[] = []
  let rest = ''
  response.setEncoding('utf8')
  // Cutting a stream off is reported as an error of it.
  for (const side of [outgoing, response]) side.on('error', () => {})
  response.on('data', (text: string) => {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    events.push(...blocks.map(readBlock).filter(event => event !== undefined))
  })
  return {
    response,
    events,
    until: isIt =>
      eventually(() => {
        const found = events.find(isIt)
        if (!found) throw new Error(`not among the ${events.length} events that came`)
        return found
      }),
    async [Symbol.asyncDispose]() {
      const closed = new Promise(resolve => response.once('close', resolve))
      const isOpen = !response.closed
      outgoing.destroy()
      if (isOpen) await closed
    },
  }
}

/** One event; undefined for a block that holds none (`retry`, comments). */
function readBlock(block: string): StreamedEvent | undefined {
  const fields = new Map(
    block.split('\n').map(line => [line.split(': ', 1)[0] ?? '', line.slice(line.indexOf(': ') + 2)]),
  )
  const data = fields.get('data')
  if (data === undefined) return undefined
  return {
    id: fields.get('id') ?? '',
    event: fields.get('event') ?? '',
    data: parseExact(data) as StreamedEvent['data'],
  }
}
