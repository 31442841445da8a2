import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'

export type ReceivedEvent = { readonly id: string; readonly event: string; readonly data: unknown }

export type EventReader = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly events: readonly ReceivedEvent[]
  /** Everything as it came. */
  readonly text: () => string
  /** True when the server ended the stream. */
  readonly ended: () => boolean
  pause(): void
  resume(): void
  close(): void
}

/** Opens a stream of server-sent events and keeps what comes. */
export async function readEvents(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<EventReader> {
  const outgoing = request({ host: '127.0.0.1', port, path, headers, agent: new Agent({ keepAlive: false }) }).end()
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  const events: ReceivedEvent[] = []
  let text = ''
  let rest = ''
  let ended = false
  incoming.setEncoding('utf8')
  incoming.on('data', (chunk: string) => {
    text += chunk
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop() as string
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map(line => line.split(/: (.*)/s, 2) as [string, string]))
      if (!fields.has('data')) continue
      events.push({
        id: fields.get('id') ?? '',
        event: fields.get('event') ?? '',
        data: JSON.parse(fields.get('data') as string),
      })
    }
  })
  incoming.on('end', () => {
    ended = true
  })
  incoming.on('error', () => {})
  outgoing.on('error', () => {})
  return {
    status: incoming.statusCode as number,
    headers: incoming.headers,
    events,
    text: () => text,
    ended: () => ended,
    pause: () => void incoming.pause(),
    resume: () => void incoming.resume(),
    close: () => void outgoing.destroy(),
  }
}
