import { eventually, type ScriptedTaskService } from '@slipway/testing'
import type { Answer, PatientClient } from './platform-client.ts'

export type Outcome = { readonly id: string; readonly wanted: 'published' | 'canceled'; readonly state: string }

type Release = { kf_id: string; state: string }

const ended = new Set(['published', 'canceled', 'failed'])

/** Registers the task services and makes a study to release. */
export async function prepare(client: PatientClient, services: readonly ScriptedTaskService[]): Promise<void> {
  for (const [index, service] of services.entries()) {
    const fields = { name: `service ${index}`, description: 'does its part', author: 'chaos', url: service.url }
    const { status } = await client.call('POST', '/task-services', fields)
    if (status !== 201) throw new Error(`task service ${index} was not registered: ${status}`)
  }
}

/**
 * Drives releases as people would: creates them, publishes what is staged, cancels every fourth one before it is
 * published, and follows all to their end. One that never ends has the outcome `still …`.
 */
export function driveReleases(client: PatientClient, count: number, study: string): Promise<Outcome[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => drive(client, index, study)))
}

/** Whatever dies meanwhile: a request gets its answer, or is told to come again. */
function failureOf(what: string, { status, body }: Answer): string | undefined {
  return status < 300 ? undefined : `${what} was answered with ${status}: ${JSON.stringify(body)}`
}

async function drive(client: PatientClient, index: number, study: string): Promise<Outcome> {
  const wanted = index % 4 === 3 ? 'canceled' : 'published'
  const created = await client.call('POST', '/releases', { name: `release ${index}`, studies: [study] })
  let unexpected = failureOf('create', created)
  const { kf_id: id } = created.body as Release
  if (unexpected) return { id, wanted, state: unexpected }
  let asked = false
  let seen = 'never seen'
  const step = async (): Promise<Outcome | false> => {
    const read = await client.call('GET', `/releases/${id}`)
    unexpected ??= failureOf('read', read)
    if (unexpected) return { id, wanted, state: unexpected }
    const { state } = read.body as Release
    seen = state
    if (ended.has(state)) return { id, wanted, state }
    if (!asked && wanted === 'canceled' && (state === 'running' || state === 'staged')) {
      asked = true
      unexpected = failureOf('cancel', await client.call('DELETE', `/releases/${id}`))
    }
    if (!asked && wanted === 'published' && state === 'staged') {
      asked = true
      unexpected = failureOf('publish', await client.call('POST', `/releases/${id}/publish`))
    }
    return false
  }
  return eventually(step, { timeoutMs: 180_000, everyMs: 100 }).catch(() => ({ id, wanted, state: `still ${seen}` }))
}
