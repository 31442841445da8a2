import { connect } from 'node:net'

/** Some of what a NATS server says of itself as soon as somebody connects. */
export type NatsInfo = { readonly server_name: string; readonly max_payload: number; readonly jetstream?: boolean }

/** The INFO line of the NATS server on this port of 127.0.0.1; null if none answers within a second. */
export function natsInfo(port: number): Promise<NatsInfo | null> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port })
    let text = ''
    const end = (info: NatsInfo | null) => {
      socket.destroy()
      resolve(info)
    }
    socket.setTimeout(1_000, () => end(null))
    socket.once('error', () => end(null))
    socket.once('close', () => end(null))
    socket.on('data', chunk => {
      text += chunk.toString('utf8')
      if (text.includes('\r\n')) end(parseInfo(text))
    })
  })
}

function parseInfo(text: string): NatsInfo | null {
  try {
    return JSON.parse(/^INFO (\{.*\})/.exec(text)?.[1] ?? 'null') as NatsInfo | null
  } catch {
    return null
  }
}
