import { failure } from '@slipway/contracts'

/** What the demo uses of the platform: its public HTTP API, like any client. */
export type PlatformApi = {
  readonly url: string
  readonly token: string
  /** The answer's JSON, null for an answer without body. Fails with `bad_upstream` unless the status is 2xx. */
  call<Body>(method: Method, path: string, body?: unknown): Promise<Body>
  /** What is at a path, or undefined for 404. */
  find<Body>(path: string): Promise<Body | undefined>
  /** The answer as it is, whatever its status. There is no limit of time: its body may be large. */
  open(method: Method, path: string, content?: Content): Promise<Response>
  /** The same platform for somebody else. */
  as(token: string): PlatformApi
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
/** A body that is not JSON. A form brings its own type. */
export type Content = { readonly type?: string; readonly body: NonNullable<RequestInit['body']> }

export type Page<Item> = { readonly count: number; readonly results: readonly Item[] }

/** For a call whose answer is small. */
const callMs = 30_000

export function platformApi(url: string, token: string, signal: AbortSignal): PlatformApi {
  const request = (method: Method, path: string, content: Content | undefined, timed: AbortSignal) =>
    fetch(url + path, {
      method,
      headers: {
        authorization: `${schemeOf(path)} ${token}`,
        ...(content?.type !== undefined && { 'content-type': content.type }),
      },
      signal: timed,
      ...(content && { body: content.body, duplex: 'half' }),
    })

  const ask = async (method: Method, path: string, body?: unknown) => {
    const content = body === undefined ? undefined : { type: 'application/json', body: JSON.stringify(body) }
    const response = await request(method, path, content, AbortSignal.any([signal, AbortSignal.timeout(callMs)]))
    return { status: response.status, ok: response.ok, text: await response.text() }
  }
  const read = <Body>(text: string): Body => JSON.parse(text === '' ? 'null' : text)

  return {
    url,
    token,
    async call<Body>(method: Method, path: string, body?: unknown) {
      const { status, ok, text } = await ask(method, path, body)
      if (!ok) throw failure('bad_upstream', `${method} ${path}: ${status} ${text}`)
      return read<Body>(text)
    },
    async find<Body>(path: string) {
      const { status, ok, text } = await ask('GET', path)
      if (status === 404) return undefined
      if (!ok) throw failure('bad_upstream', `GET ${path}: ${status} ${text}`)
      return read<Body>(text)
    },
    open: (method, path, content) => request(method, path, content, signal),
    as: other => platformApi(url, other, signal),
  }
}

/** One token is good for all APIs; each of them has its own word for it. */
function schemeOf(path: string): string {
  return path.startsWith('/rest_api/') ? 'Token' : 'Bearer'
}
