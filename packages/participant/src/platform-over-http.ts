import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import type { Platform, Release } from './platform.ts'

export type HttpPlatformOptions = {
  /** Public address of the platform. */
  readonly url: string
  /** Of an administrator, or of a machine client; only reports need one. */
  readonly token: string
}

type Said = { readonly status: number; readonly text: string }

const attempts = 4
const answerMs = 15_000

/** The platform over its public API. Each call is tried four times within some four seconds while the platform is away. */
export function platformOverHttp({ url, token }: HttpPlatformOptions): Platform {
  async function once(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Said> {
    const timeout = AbortSignal.timeout(answerMs)
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.status, text: await response.text() }
  }

  /** Tries again while the platform is away, overloaded (429) or has a fault of its own (5xx); anything else is its word. */
  async function call(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Said> {
    for (let attempt = 1; ; attempt += 1) {
      const said = await once(method, path, body, signal).catch((error: unknown) => ({
        status: 0,
        text: String(error),
      }))
      signal?.throwIfAborted()
      if (said.status > 0 && said.status < 500 && said.status !== 429) return said
      if (attempt === attempts) throw failure('bad_upstream', textOf(method, path, said))
      await delay(250 * 2 ** attempt, undefined, { signal })
    }
  }

  async function get(path: string, signal?: AbortSignal): Promise<unknown> {
    const said = await call('GET', path, undefined, signal)
    if (said.status === 404) return undefined
    if (said.status >= 300) throw failure('bad_upstream', textOf('GET', path, said))
    return JSON.parse(said.text)
  }

  return {
    async report(task, report, signal) {
      const path = `/tasks/${task}`
      const said = await call('PATCH', path, report, signal)
      return said.status < 300 ? undefined : textOf('PATCH', path, said)
    },
    async taskState(task, signal) {
      const found = (await get(`/tasks/${task}`, signal)) as { readonly state: string } | undefined
      return found?.state
    },
    async release(id, signal) {
      const found = await get(`/releases/${id}`, signal)
      if (found === undefined) throw failure('not_found', `There is no release ${id}.`)
      return found as Release
    },
  }
}

const textOf = (method: string, path: string, { status, text }: Said) =>
  `${method} ${path}: ${status > 0 ? `${status} ` : ''}${text}`
