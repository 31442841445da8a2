import { inflateRawSync } from 'node:zlib'
import { type HttpAnswer, httpExchange } from '@slipway/testing'

export type Answer = HttpAnswer
export type Headers = Readonly<Record<string, string>>

/** One caller of the API, who sends exactly what is given, to a path or an address that the platform gave. */
export type Client = {
  send(method: string, path: string, body?: unknown, headers?: Headers): Promise<Answer>
  get(path: string, headers?: Headers): Promise<Answer>
  post(path: string, body?: unknown): Promise<Answer>
  put(path: string, body?: unknown): Promise<Answer>
  delete(path: string): Promise<Answer>
}

export function client(url: string, authorization?: string): Client {
  const usual: Headers = authorization === undefined ? {} : { authorization }
  const json = { ...usual, 'content-type': 'application/json' }
  const send: Client['send'] = (method, path, body, headers = {}) => {
    const { pathname, search } = new URL(path, url)
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const own = text === undefined ? usual : json
    return httpExchange(url, method, pathname + search, { headers: { ...own, ...headers }, body: text })
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
