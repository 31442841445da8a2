import { once } from 'node:events'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { buffer } from 'node:stream/consumers'

export type HttpHeaders = Readonly<Record<string, string | readonly string[]>>

export type HttpMessage = {
  readonly headers?: HttpHeaders
  readonly body?: string | Uint8Array | undefined
  /** Sent in chunks, without a length. */
  readonly isChunked?: boolean
  /** Default: one for all, which keeps connections. */
  readonly agent?: Agent
}

export type HttpAnswer<Body = ReturnType<typeof JSON.parse>> = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
  /** The JSON value; undefined for an answer that is none. */
  readonly body: Body
}

const kept = new Agent({ keepAlive: true })

/**
 * One request and its answer. Sends exactly what is given, a path as it is written, and a length: no `Accept`, no
 * content type, nothing that libraries add. Statuses are no errors; an answer that breaks off is.
 * @param server its address; the path of it does not count
 */
export async function httpExchange<Body = ReturnType<typeof JSON.parse>>(
  server: string | URL,
  method: string,
  path: string,
  { headers = {}, body, isChunked = false, agent = kept }: HttpMessage = {},
): Promise<HttpAnswer<Body>> {
  const { hostname, port } = new URL(server)
  const length = body === undefined || isChunked ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const outgoing = request({ hostname, port, method, path, agent, headers: { ...length, ...headers } })
  outgoing.end(body)
  const [incoming] = await once(outgoing, 'response')
  // A server that has answered may refuse the rest of the body.
  outgoing.on('error', () => {})
  const bytes = await buffer(incoming)
  const isJson = bytes.length > 0 && String(incoming.headers['content-type']).includes('json')
  const text = bytes.toString('utf8')
  return {
    status: incoming.statusCode,
    headers: incoming.headers,
    bytes,
    text,
    body: (isJson ? JSON.parse(text) : undefined) as Body,
  }
}

export const basicCredentials = (login: string, password: string): string =>
  `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`
