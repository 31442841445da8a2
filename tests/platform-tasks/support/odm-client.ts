import { type HttpAnswer, httpExchange } from '@slipway/testing'

export type Answer = HttpAnswer
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

export function odmClient(url: string, credentials: Headers = {}): Client {
  const send: Client['send'] = (method, path, headers = {}, body) => {
    const target = path.startsWith('/') ? path : `/api/v1/${path}`
    return httpExchange(url, method, target, { headers: { ...credentials, ...headers }, body })
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
