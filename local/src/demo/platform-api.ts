import { failure } from '@slipway/contracts'

/** What the demo uses of the platform: its public HTTP API, like any client. */
export type PlatformApi = {
  readonly url: string
  readonly token: string
  /** The answer's JSON, null for an answer without body. Fails with `bad_upstream` unless the status is 2xx. */
  call<Body>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<Body>
}

export type Page<Item> = { readonly count: number; readonly results: readonly Item[] }

export function platformApi(url: string, token: string, signal: AbortSignal): PlatformApi {
  return {
    url,
    token,
    async call<Body>(method: string, path: string, body?: unknown): Promise<Body> {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: `${schemeOf(path)} ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (!response.ok) throw failure('bad_upstream', `${method} ${path}: ${response.status} ${text}`)
      return JSON.parse(text === '' ? 'null' : text) as Body
    },
  }
}

/** One token is good for all APIs; each of them has its own word for it. */
function schemeOf(path: string): string {
  return path.startsWith('/rest_api/') ? 'Token' : 'Bearer'
}
