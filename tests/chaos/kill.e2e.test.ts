import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { type Platform, startPlatform } from '@slipway/local'
import {
  eventually,
  type ScriptedTaskService,
  scriptedTaskService,
  type TemporaryFolder,
  temporaryFolder,
} from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configWithTester, natsTester } from '../support/nats-tester.ts'
import { auditEvents, withStore } from './event-audit.ts'
import { patientClient } from './platform-client.ts'
import { driveReleases, prepare } from './releases-under-way.ts'

const study = 'SD_CHA0S000'
const releases = 20

let folder: TemporaryFolder
let platform: Platform
const services: ScriptedTaskService[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  platform = await startPlatform({
    dataDir: join(folder.path, 'platform'),
    natsConfig: await configWithTester(folder.path),
    port: 0,
    quiet: true,
    replicas: { coordinator: 2 },
    adminToken: 'chaos-administrator-token',
    env: {
      gateway: { SLIPWAY_RATE_LIMIT: '1000000' },
      coordinator: { TASK_POLL_SECONDS: '1', RELEASE_CHECK_SECONDS: '2', TASK_POLL_TRIES: '30', REQUEST_TIMEOUT: '5' },
    },
  })
  for (let index = 0; index < 3; index += 1) {
    // The first one reports by itself and may find nobody; the others wait to be asked.
    const reporting = index === 0 ? { reportsTo: { url: platform.url, token: 'chaos-administrator-token' } } : {}
    const service = await scriptedTaskService(reporting)
    service.on('initialize', { delayMs: 500 })
    service.on('start', { delayMs: 1000 })
    service.on('publish', { delayMs: 1000 })
    services.push(service)
  }
  await withStore(platform, 'coordinator', store =>
    store.write({ name: 'chaos-study', text: 'insert into study (kf_id, name, visible) values ($1, $2, true)' }, [
      study,
      'chaos',
    ]),
  )
})
afterAll(async () => {
  await platform?.stop()
  await Promise.all(services.map(service => service[Symbol.asyncDispose]()))
  await folder?.[Symbol.asyncDispose]()
})

/** How far the releases have come, counted in log entries. */
async function progress(): Promise<number> {
  const text = 'select count(*)::integer as count from event'
  return withStore(platform, 'coordinator', async store => {
    const [row] = await store.read<{ count: number }>({ name: 'chaos-progress', text })
    return row?.count ?? 0
  })
}

/** Waits until the releases have come further by so many entries. */
async function further(by: number): Promise<void> {
  const from = await eventually(progress)
  await eventually(async () => (await progress()) >= from + by)
}

async function killService(name: string, replica = 1): Promise<void> {
  const victim = platform.processes.find(process => process.service === name && process.replica === replica)
  if (!victim) throw new Error(`there is no ${name}-${replica}`)
  const before = victim.restarts
  victim.kill('SIGKILL')
  await eventually(() => victim.restarts > before)
}

async function killServer(server: { kill(): Promise<void>; restart(): Promise<void> } | undefined): Promise<void> {
  await server?.kill()
  await server?.restart()
}

const killings: readonly (readonly [string, () => Promise<void>])[] = [
  ['registry', () => killService('registry')],
  ['coordinator 1', () => killService('coordinator', 1)],
  ['gateway', () => killService('gateway')],
  ['nats', () => killServer(platform.nats)],
  ['postgres', () => killServer(platform.postgres)],
  ['coordinator 2', () => killService('coordinator', 2)],
]

describe('20 concurrent releases, while every part is killed once', () => {
  it('all end right; nothing is lost, doubled or published against a cancellation', async () => {
    const giveUp = AbortSignal.timeout(240_000)
    const client = patientClient(platform, giveUp)
    await prepare(client, services)
    const outcomes = driveReleases(client, releases, study)
    for (const [, kill] of killings) {
      await further(15)
      await kill()
    }

    const ends = await outcomes
    expect(ends.filter(({ wanted, state }) => wanted !== state)).toEqual([])

    const canceled = new Set(ends.filter(({ state }) => state === 'canceled').map(({ id }) => id))
    expect(canceled.size).toBe(releases / 4)
    for (const service of services) {
      const published = service.received('publish').map(request => request.releaseId ?? '')
      expect(published.filter(id => canceled.has(id))).toEqual([])
      const expected = ends.filter(({ state }) => state === 'published').map(({ id }) => id)
      expect(new Set(published)).toEqual(new Set(expected))
    }

    await eventually(async () => (await auditEvents(platform)).unsent === 0)
    await eventually(async () => {
      const { written, received } = await auditEvents(platform)
      expect(received.toSorted()).toEqual(written.map(event => event.event_id).toSorted())
    })
    const { written, broken } = await auditEvents(platform)
    expect(broken).toEqual([])
    for (const { id, state } of ends) {
      const steps = written.filter(event => event.aggregate === id && event.noun === 'release').map(event => event.verb)
      expect(new Set(steps).size, `release ${id} took each step once: ${steps}`).toBe(steps.length)
      expect(steps.at(-1)).toBe(state)
    }
  }, 300_000)

  it('and while the stream is emptied, too', async () => {
    const giveUp = AbortSignal.timeout(120_000)
    const client = patientClient(platform, giveUp)
    const outcomes = driveReleases(client, 4, study)
    await further(10)
    const tester = await connect({ servers: `127.0.0.1:${platform.nats?.port}`, ...natsTester })
    await tester.request('$JS.API.STREAM.DELETE.SLIPWAY', '', { timeout: 5000 })
    await tester.close()
    const ends = await outcomes
    expect(ends.filter(({ wanted, state }) => wanted !== state)).toEqual([])
  }, 300_000)
})
