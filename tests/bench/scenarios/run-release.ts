import { eventually } from '@slipway/testing'
import pg from 'pg'
import { startChild } from '../ground/child.ts'
import type { Ground } from '../ground/ground.ts'
import { median } from '../load/interleave.ts'
import type { TaskServicesOptions } from '../references/task-services.ts'
import type { Measurement } from '../report/measurement.ts'
import type { Scenario } from './scenario.ts'

const services = 50
const answerMs = 100
const runs = 3
const scenario = `Release with ${services} task services that take ${answerMs} ms each (in a row ${services * answerMs} ms)`

/** The release's states at which a phase begins and ends. */
const phases = [
  { name: 'initialize', from: 'initializing', to: 'running' },
  { name: 'start, and a report from each', from: 'running', to: 'staged' },
  { name: 'publish, and a report from each', from: 'publishing', to: 'published' },
  { name: 'cancel', from: 'canceling', to: 'canceled' },
] as const

/** Every phase beside its slowest call: asked at the same time, fifty services should cost little more than one. */
export const runRelease: Scenario = async ground => {
  const { platform, adminToken: token } = ground
  const child = startChild<TaskServicesOptions, string[]>('../references/task-services.ts')
  await using _ = child
  const urls = await child.ask({ count: services, answerMs, platformUrl: platform.url, token })
  await Promise.all(urls.map(url => ask(ground, 'POST', '/task-services', serviceAt(url))))

  const client = new pg.Client({ connectionString: platform.databaseUrl('coordinator') })
  await client.connect()
  const times = new Map<string, number[]>()
  try {
    for (let run = 0; run < runs; run += 1) {
      const published = await finishRelease(ground, 'POST', '/publish', 'published')
      const canceled = await finishRelease(ground, 'DELETE', '', 'canceled')
      for (const release of [published, canceled]) {
        for (const [name, ms] of await phaseTimes(client, release)) times.set(name, [...(times.get(name) ?? []), ms])
      }
    }
  } finally {
    await client.end()
  }
  return phases.map(
    ({ name }): Measurement => ({
      scenario,
      what: name,
      value: median(times.get(name) ?? []),
      unit: 'ms',
      reference: { name: 'slowest call', value: answerMs },
      aim: { of: 'ratio', atMost: 3 },
    }),
  )
}

const serviceAt = (url: string) => ({ name: 'bench', description: 'Takes its time', author: 'bench', url })

/** Runs a release until it is staged, then ends it. Returns its id. */
async function finishRelease(ground: Ground, method: string, path: string, end: string): Promise<string> {
  const { kf_id } = await ask(ground, 'POST', '/releases', {
    name: 'Bench',
    description: 'Fifty at once',
    author: 'bench',
    studies: ['SD_00000001'],
    tags: [],
  })
  const reach = (wanted: string) =>
    eventually(async () => {
      const { state } = await ask(ground, 'GET', `/releases/${kf_id}`)
      if (state !== wanted) throw new Error(`the release is ${state}, not ${wanted}`)
    })
  await reach('staged')
  await ask(ground, method, `/releases/${kf_id}${path}`)
  await reach(end)
  return kf_id ?? ''
}

async function ask({ platform, adminToken }: Ground, method: string, path: string, body?: object) {
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
  const response = await fetch(platform.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as { kf_id?: string; state?: string }
}

/** Milliseconds of each phase, by the times at which the coordinator wrote the events of the release's states. */
async function phaseTimes(client: pg.Client, release: string): Promise<[string, number][]> {
  const { rows } = await client.query<{ verb: string; ms: number }>(
    `select verb, extract(epoch from created_at)::float8 * 1000 as ms from platform.outbox
     where noun = 'release' and aggregate = $1`,
    [release],
  )
  const at = new Map(rows.map(({ verb, ms }) => [verb, ms]))
  return phases.flatMap(({ name, from, to }): [string, number][] => {
    const begin = at.get(from)
    const end = at.get(to)
    return begin === undefined || end === undefined ? [] : [[name, end - begin]]
  })
}
