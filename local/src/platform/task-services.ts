import { setTimeout as delay } from 'node:timers/promises'
import { failure, isFailure } from '@slipway/contracts'
import type { Credentials } from './administrator.ts'

/** Services of the platform that can take part in releases. */
export const ownTaskServices = ['exporter', 'catalog'] as const
export type OwnTaskService = (typeof ownTaskServices)[number]

const descriptions: Readonly<Record<OwnTaskService, string>> = {
  exporter: 'Freezes and exports the sources that are bound to the studies of a release',
  catalog: 'Fills and publishes the release packages of the studies of a release',
}
const pageSize = 100
/** Between two tries. */
const pauseMs = 250

type Page = { readonly next: string | null; readonly results: readonly { readonly url: string }[] }

export type RegisterOptions = {
  /** Milliseconds that it is tried again: one of the services may be away for a moment. Default 30,000. */
  readonly patienceMs?: number
  /** Ends the tries. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Registers services of the platform as task services, as anybody would: those that are not known by their address yet,
 * so that what an administrator changed or disabled stays. Returns the names of those that it may not register, because
 * the administrator's credentials are not known here.
 * @throws `refused` for wrong credentials, `unavailable` when it did not succeed in time
 */
export async function registerTaskServices(
  url: string,
  names: readonly OwnTaskService[],
  credentials: Credentials,
  { patienceMs = 30_000, signal }: RegisterOptions = {},
): Promise<OwnTaskService[]> {
  const giveUpAt = Date.now() + patienceMs
  for (;;) {
    try {
      return await registerMissing(url, names, credentials)
    } catch (error) {
      if (isFailure(error, 'refused') || Date.now() + pauseMs > giveUpAt) throw error
      await delay(pauseMs, undefined, { signal })
    }
  }
}

async function registerMissing(
  url: string,
  names: readonly OwnTaskService[],
  credentials: Credentials,
): Promise<OwnTaskService[]> {
  if (names.length === 0) return []
  const known = await registeredUrls(url)
  const missing = names.filter(name => !known.has(addressOf(name)))
  const authorization = authorizationOf(credentials)
  if (!authorization) return missing
  for (const name of missing) await register(url, name, authorization)
  return []
}

const addressOf = (name: OwnTaskService) => `nats://slipway-tasks.${name}`

async function registeredUrls(url: string): Promise<Set<string>> {
  const known = new Set<string>()
  for (let offset = 0; ; offset += pageSize) {
    const response = await fetch(`${url}/task-services?limit=${pageSize}&offset=${offset}`)
    if (!response.ok) throw failure('unavailable', `task services could not be listed: status ${response.status}`)
    const { results, next } = (await response.json()) as Page
    for (const service of results) known.add(service.url)
    if (next === null) return known
  }
}

function authorizationOf({ token, password }: Credentials): string | undefined {
  if (token !== undefined) return `Bearer ${token}`
  return password === undefined ? undefined : `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
}

async function register(url: string, name: OwnTaskService, authorization: string): Promise<void> {
  const body = { name, description: descriptions[name], author: 'slipway', url: addressOf(name) }
  const response = await fetch(`${url}/task-services`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (response.status === 201) return
  const why = `status ${response.status}, ${await response.text()}`
  const code = response.status === 401 || response.status === 403 ? 'refused' : 'unavailable'
  throw failure(code, `SLIPWAY_TASK_SERVICES: ${name} could not be registered: ${why}`)
}
