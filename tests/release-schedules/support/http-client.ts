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

/** One caller of the API, who sends the headers of PDC's own client and nothing else. */
export type Client = {
  send(method: string, path: string, body?: string | Uint8Array, headers?: Headers): Promise<Answer>
  get(path: string, headers?: Headers): Promise<Answer>
  post(path: string, body?: unknown, headers?: Headers): Promise<Answer>
  put(path: string, body?: unknown, headers?: Headers): Promise<Answer>
  patch(path: string, body?: unknown, headers?: Headers): Promise<Answer>
  delete(path: string, body?: unknown, headers?: Headers): Promise<Answer>
}

const agent = new Agent({ keepAlive: true })

/** Paths are below `/rest_api/v1/`, unless they begin with a slash. */
export function pdcClient(url: string, authorization?: string): Client {
  const usual = { accept: 'application/json', 'content-type': 'application/json' }
  const send: Client['send'] = async (method, path, body, headers = {}) => {
    const { hostname, port } = new URL(url)
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const outgoing = open({
      hostname,
      port,
      method,
      path: path.startsWith('/') ? path : `/rest_api/v1/${path}`,
      agent,
      headers: { ...usual, ...(authorization !== undefined && { authorization }), ...length, ...headers },
    })
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
  const withJson = (method: string) => (path: string, body?: unknown, headers?: Headers) =>
    send(method, path, body === undefined ? undefined : JSON.stringify(body), headers)
  return {
    send,
    get: (path, headers) => send('GET', path, undefined, headers),
    post: withJson('POST'),
    put: withJson('PUT'),
    patch: withJson('PATCH'),
    delete: withJson('DELETE'),
  }
}
