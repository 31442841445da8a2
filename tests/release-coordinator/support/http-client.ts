import { type HttpAnswer, type HttpMessage, httpExchange } from '@slipway/testing'

export type Answer<Body = unknown> = HttpAnswer<Body>
export type Message = HttpMessage

/** One caller of the API. Nothing is sent that is not asked for: no `Accept`, no content type, no token. */
export type Client = {
  readonly url: string
  send<Body = unknown>(method: string, path: string, message?: Message): Promise<Answer<Body>>
  get<Body = unknown>(path: string): Promise<Answer<Body>>
  /** Without a body if `body` is undefined, else JSON. */
  post<Body = unknown>(path: string, body?: unknown): Promise<Answer<Body>>
  put<Body = unknown>(path: string, body?: unknown): Promise<Answer<Body>>
  patch<Body = unknown>(path: string, body?: unknown): Promise<Answer<Body>>
  delete<Body = unknown>(path: string): Promise<Answer<Body>>
}

export function httpClient(url: string, authorization?: string): Client {
  const usual = authorization === undefined ? {} : { authorization }
  const send = <Body>(method: string, path: string, message: Message = {}): Promise<Answer<Body>> =>
    httpExchange<Body>(url, method, path, { ...message, headers: { ...usual, ...message.headers } })
  const withJson = (method: string) => (path: string, body?: unknown) => send(method, path, json(body))
  return {
    url,
    send,
    get: path => send('GET', path),
    post: withJson('POST') as Client['post'],
    put: withJson('PUT') as Client['put'],
    patch: withJson('PATCH') as Client['patch'],
    delete: path => send('DELETE', path),
  }
}

type Fields = Readonly<Record<string, string | readonly string[]>>

const pairs = (fields: Fields) =>
  Object.entries(fields).flatMap(([name, value]) => [value].flat().map(one => [name, one] as const))

export function json(body: unknown): Message {
  if (body === undefined) return {}
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** A form as browsers send it; a list becomes a repeated field. */
export function form(fields: Fields): Message {
  const body = new URLSearchParams(pairs(fields).map(([name, value]): [string, string] => [name, value])).toString()
  return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }
}

export function multipart(fields: Fields): Message {
  const boundary = '----a-boundary-of-the-test'
  const parts = pairs(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
  return { headers, body: `${parts.join('')}--${boundary}--\r\n` }
}

export function raw(body: string | Uint8Array, contentType?: string): Message {
  return { body, headers: contentType === undefined ? {} : { 'content-type': contentType } }
}

export function statusAndBody({ status, body }: Answer): [number, unknown] {
  return [status, body]
}
