import { once } from 'node:events'
import { Agent, type IncomingHttpHeaders, request as open } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { expect } from 'vitest'

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
  /** The JSON value; undefined for an answer that is none. */
  readonly body: ReturnType<typeof JSON.parse>
}

export type Headers = Readonly<Record<string, string>>

/** One caller of the API. Like the web client of MLDS it labels every request as JSON, with a body or without. */
export type Client = {
  send(method: string, path: string, body?: string | Uint8Array, headers?: Headers): Promise<Answer>
  get(path: string, headers?: Headers): Promise<Answer>
  post(path: string, body?: unknown, headers?: Headers): Promise<Answer>
  put(path: string, body?: unknown, headers?: Headers): Promise<Answer>
  delete(path: string, headers?: Headers): Promise<Answer>
}

const agent = new Agent({ keepAlive: true })

export const basic = (login: string, password: string): string =>
  `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`

export function client(url: string, authorization?: string): Client {
  const send: Client['send'] = async (method, path, body, headers = {}) => {
    const outgoing = open(new URL(path, url), {
      method,
      agent,
      headers: {
        'content-type': 'application/json',
        ...(authorization !== undefined && { authorization }),
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
        ...headers,
      },
    })
    outgoing.end(body)
    const [incoming] = await once(outgoing, 'response')
    const bytes = await buffer(incoming)
    const text = bytes.toString('utf8')
    const isJson = text !== '' && String(incoming.headers['content-type']).startsWith('application/json')
    return {
      status: incoming.statusCode,
      headers: incoming.headers,
      bytes,
      text,
      body: isJson ? JSON.parse(text) : undefined,
    }
  }
  const withJson = (method: string) => (path: string, body?: unknown, headers?: Headers) =>
    send(method, path, body === undefined ? undefined : JSON.stringify(body), headers)
  return {
    send,
    get: (path, headers) => send('GET', path, undefined, headers),
    post: withJson('POST'),
    put: withJson('PUT'),
    delete: (path, headers) => send('DELETE', path, undefined, headers),
  }
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
}

/** Asserts the whole of an error: status, every field of the body, headers. */
export function expectError(answer: Answer, status: number, message: string | RegExp, path?: string): void {
  expect(answer.body, `${answer.status} ${answer.text}`).toEqual({
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    status,
    error: reasons[status],
    message: typeof message === 'string' ? message : expect.stringMatching(message),
    path: path ?? expect.stringMatching(/^\/api\//),
  })
  expect(answer.status).toBe(status)
  expect(answer.headers).not.toHaveProperty('www-authenticate')
}

export const texts = {
  unauthenticated: 'Full authentication is required to access this resource',
  denied: 'Access is denied',
  missing: 'Not Found',
} as const
