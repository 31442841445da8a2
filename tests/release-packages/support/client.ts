import { type HttpAnswer, httpExchange } from '@slipway/testing'
import { expect } from 'vitest'

export type Answer = HttpAnswer
export type Headers = Readonly<Record<string, string>>

/** One caller of the API. Like the web client of MLDS it labels every request as JSON, with a body or without. */
export type Client = {
  send(method: string, path: string, body?: string | Uint8Array, headers?: Headers): Promise<Answer>
  get(path: string, headers?: Headers): Promise<Answer>
  post(path: string, body?: unknown, headers?: Headers): Promise<Answer>
  put(path: string, body?: unknown, headers?: Headers): Promise<Answer>
  delete(path: string, headers?: Headers): Promise<Answer>
}

export function client(url: string, authorization?: string): Client {
  const usual: Headers = { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) }
  const send: Client['send'] = (method, path, body, headers = {}) => {
    const { pathname, search } = new URL(path, url)
    return httpExchange(url, method, pathname + search, { headers: { ...usual, ...headers }, body })
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
