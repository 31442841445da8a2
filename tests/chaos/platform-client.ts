import type { Platform } from '@slipway/local'
import { eventually } from '@slipway/testing'

export type Answer = { readonly status: number; readonly body: unknown }

/** A client that goes on through outages: it repeats what got no usable answer, writes under the same key. */
export type PatientClient = {
  call(method: string, path: string, body?: object): Promise<Answer>
}

/** What a client waits for an answer before it asks again, as any client of a network does. */
const answerTimeoutMs = 10_000

/** Statuses that say "not now": whoever sent the request sends it again. */
const passing = new Set([502, 503, 504])

/**
 * @param giveUp ends every repetition
 */
export function patientClient(platform: Platform, giveUp: AbortSignal): PatientClient {
  return {
    async call(method, path, body) {
      const key = crypto.randomUUID()
      const again = async () => (await attempt(platform, method, path, body, key, giveUp)) ?? false
      return eventually(again, { timeoutMs: 240_000, everyMs: 50 })
    },
  }
}

async function attempt(
  platform: Platform,
  method: string,
  path: string,
  body: object | undefined,
  key: string,
  giveUp: AbortSignal,
): Promise<Answer | undefined> {
  try {
    const response = await fetch(platform.url + path, {
      method,
      headers: {
        authorization: `Bearer ${platform.adminToken}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([giveUp, AbortSignal.timeout(answerTimeoutMs)]),
    })
    const text = await response.text()
    if (passing.has(response.status)) return undefined
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  } catch {
    giveUp.throwIfAborted()
    return undefined
  }
}
