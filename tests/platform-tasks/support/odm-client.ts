import { once } from 'node:events'
import { Agent, type IncomingHttpHeaders, request as open } from 'node:http'
import { text } from 'node:stream/consumers'

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The JSON value; undefined for an answer that is none. */
  readonly body: ReturnType<typeof JSON.parse>
}
export type Headers = Readonly<Record<string, string>>

/** One caller, who sends exactly what is given. Paths are below `/api/v1/`, unless they begin with a slash. */
export type Client = {
  send(method: string, path: string, headers?: Headers, body?: string): Promise<Answer>
  get(path: string, headers?: Headers): Promise<Answer>
  post(path: string, headers?: Headers): Promise<Answer>
  put(path: string): Promise<Answer>
  delete(path: string, headers?: Headers): Promise<Answer>
  patch(path: string, body: unknown, headers?: Headers): Promise<Answer>
  postJson(path: string, body: unknown, headers?: Headers): Promise<Answer>
}

const agent = new Agent({ keepAlive: true })

export function odmClient(url: string, credentials: Headers = {}): Client {
  const send: Client['send'] = async (method, path, headers = {}, body) => {
    const { hostname, port } = new URL(url)
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const target = path.startsWith('/') ? path : `/api/v1/${path}`
    const options = { hostname, port, method, path: target, agent, headers: { ...credentials, ...length, ...headers } }
    const outgoing = open(options)
    outgoing.end(body)
    const [incoming] = await once(outgoing, 'response')
    const content = await text(incoming)
    const isJson = content !== '' && String(incoming.headers['content-type']).includes('json')
    return {
      status: incoming.statusCode,
      headers: incoming.headers,
      text: content,
      body: isJson ? JSON.parse(content) : undefined,
    }
  }
  const json = { 'content-type': 'application/json' }
  return {
    send,
    get: (path, headers) => send('GET', path, headers),
    post: (path, headers) => send('POST', path, headers),
    put: path => send('PUT', path),
    delete: (path, headers) => send('DELETE', path, headers),
    patch: (path, body, headers) => send('PATCH', path, { ...json, ...headers }, JSON.stringify(body)),
    postJson: (path, body, headers) => send('POST', path, { ...json, ...headers }, JSON.stringify(body)),
  }
}
