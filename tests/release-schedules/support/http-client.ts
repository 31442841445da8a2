import { type HttpAnswer, httpExchange } from '@slipway/testing'

export type Answer = HttpAnswer
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

/** Paths are below `/rest_api/v1/`, unless they begin with a slash. */
export function pdcClient(url: string, authorization?: string): Client {
  const usual: Headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    ...(authorization !== undefined && { authorization }),
  }
  const send: Client['send'] = (method, path, body, headers = {}) => {
    const target = path.startsWith('/') ? path : `/rest_api/v1/${path}`
    return httpExchange(url, method, target, { headers: { ...usual, ...headers }, body })
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
