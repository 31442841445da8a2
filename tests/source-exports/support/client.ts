import { once } from 'node:events'
import { Agent, type IncomingHttpHeaders, request as open } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { inflateRawSync } from 'node:zlib'

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
  /** The JSON value; undefined for an answer that is none. */
  readonly body: ReturnType<typeof JSON.parse>
}

export type Headers = Readonly<Record<string, string>>

/** One caller of the API, who sends exactly what is given. */
export type Client = {
  send(method: string, path: string, body?: unknown, headers?: Headers): Promise<Answer>
  get(path: string, headers?: Headers): Promise<Answer>
  post(path: string, body?: unknown): Promise<Answer>
  put(path: string, body?: unknown): Promise<Answer>
  delete(path: string): Promise<Answer>
}

const agent = new Agent({ keepAlive: true })

export function client(url: string, authorization?: string): Client {
  const send: Client['send'] = async (method, path, body, headers = {}) => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const outgoing = open(new URL(path, url), {
      method,
      agent,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        ...headers,
      },
    })
    outgoing.end(text)
    const [incoming] = await once(outgoing, 'response')
    const bytes = await buffer(incoming)
    const isJson = bytes.length > 0 && String(incoming.headers['content-type']).includes('json')
    const content = bytes.toString('utf8')
    return {
      status: incoming.statusCode,
      headers: incoming.headers,
      bytes,
      text: content,
      body: isJson ? JSON.parse(content) : undefined,
    }
  }
  return {
    send,
    get: (path, headers) => send('GET', path, undefined, headers),
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
    delete: path => send('DELETE', path),
  }
}

/** The only entry of an archive, by its central directory. */
export function unzip(zip: Buffer): { name: string; text: string } {
  const central = zip.readUInt32LE(zip.lastIndexOf(Buffer.from('PK\u0005\u0006')) + 16)
  const nameLength = zip.readUInt16LE(26)
  const start = 30 + nameLength + zip.readUInt16LE(28)
  return {
    name: zip.toString('utf8', 30, 30 + nameLength),
    text: inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(central + 20))).toString('utf8'),
  }
}
