import { eventually } from '@slipway/testing'
import { describe, expect, it } from 'vitest'
import { flow, patience } from '../release-content/support/flow.ts'
import { expectTraces } from '../release-content/support/traces.ts'
import { keptDatabases } from './support/kept-databases.ts'
import { restoreChecks } from './support/restore-checks.ts'

const running = flow({ restart: false })
const databases = keptDatabases(() => running.slipway.platform)
const { check, settle, agreed, staged, publish } = restoreChecks(running)

async function registerTaskService(name: string): Promise<string> {
  const fields = { name, description: 'x', author: 'test', url: running.tools.url, enabled: false }
  const { body } = await running.admin.call('POST', '/task-services', fields)
  return (body as { readonly kf_id: string }).kf_id
}

async function releases(): Promise<string[]> {
  const { body } = await running.admin.call('GET', '/releases?limit=100')
  return (body as { readonly results: readonly { readonly kf_id: string }[] }).results.map(({ kf_id }) => kf_id)
}

/** A release beside these, as soon as there is one. */
const newest = async (others: readonly string[]): Promise<string> =>
  (await eventually(async () => (await releases()).find(one => !others.includes(one)) ?? false, patience)) as string

/** Has a schedule start a release today. Its number, and the release. */
async function startBySchedule(): Promise<{ schedule: string; release: string }> {
  const { platform } = running.slipway
  const write = async (method: string, path: string, body: object) => {
    const headers = { 'content-type': 'application/json', authorization: `Token ${platform.adminToken}` }
    const answer = await fetch(`${platform.url}/rest_api/v1/${path}`, { method, headers, body: JSON.stringify(body) })
    expect(answer.ok, path).toBe(true)
    return (await answer.json()) as { readonly id: number; readonly name: string; readonly release_id: string }
  }
  const before = await releases()
  const sla = await write('POST', 'component-sla-types/', { name: 'ga' })
  const { release_id } = await write('POST', 'releases/', { short: 'rel', version: '1', name: 'R', release_type: 'ga' })
  const date = new Date().toISOString().slice(0, 10)
  const { id } = await write('POST', 'release-schedules/', { sla: sla.name, release: release_id, date })
  const studies = running.parts.map(({ study }) => study)
  await write('PUT', `release-schedules/${id}/release-template/`, { name: 'By schedule', studies })
  return { schedule: String(id), release: await newest(before) }
}

const partsOf = (version: string): number[] => version.split('.').map(Number)

describe('after a restore of one database', () => {
  it('a part that is public too early is published with its release, if that is what a person chooses', async () => {
    const id = await staged('Published early')
    await databases.keep('coordinator')
    const { version } = await publish(id)
    await databases.putBack('coordinator')
    const { items } = await check()
    const early = items.filter(({ kind }) => kind === 'published-early')
    expect(early.map(({ things }) => things[1])).toEqual([id, id])
    expect(early[0]).toMatchObject({ settles: null, choices: [{ choice: 'publish' }, { choice: 'cancel' }] })
    // Asked for both parts, it is published once.
    const settled = await settle(Object.fromEntries(early.map(({ id }) => [id, 'publish'])))
    expect(settled.agrees).toBe(true)
    const release = await running.drive(id, 'published')
    expect(release.version).toBe(version)
    await agreed()
    await expectTraces(running, release)
    const next = await publish(await staged('Published after it'))
    expect(partsOf(next.version)[1]).toBeGreaterThan(partsOf(version)[1] ?? 0)
  })

  it('a part that is public under a number that was given again gets the number of its release', async () => {
    const id = await staged('Published under a number')
    await databases.keep('coordinator')
    const { version } = await publish(id)
    await databases.putBack('coordinator')
    // Somebody works before the check.
    const other = await publish(await staged('Published under the same number'))
    expect(other.version).toBe(version)

    const { items } = await check()
    const early = items.filter(({ kind }) => kind === 'published-early')
    expect((await settle({ [early[0]?.id ?? '']: 'publish' })).items[0]?.outcome).toMatchObject({ done: true })
    const release = await running.drive(id, 'published')
    expect(partsOf(release.version)[1]).toBeGreaterThan(partsOf(version)[1] ?? 0)
    await agreed()
    for (const one of [release, other]) await expectTraces(running, one)
  })

  it('a schedule starts a release again that the coordinator has forgotten', async () => {
    await databases.keep('coordinator')
    const { schedule, release } = await startBySchedule()
    await running.drive(release, 'staged')
    await databases.putBack('coordinator')
    const others = await releases()
    const id = `schedule-release-unknown:${schedule}`
    const before = await check()
    expect(before.items.find(item => item.id === id)).toMatchObject({ settles: null, things: [schedule, release] })
    await settle({ [id]: 'start-again' })
    await agreed()
    const again = await newest(others)
    expect(again).not.toBe(release)
    await running.drive(again, 'staged')
  })

  it('the coordinator learns of task services, and those that were deleted are for a person', async () => {
    const back = await registerTaskService('back')
    await databases.keep('registry')
    expect((await running.admin.call('DELETE', `/task-services/${back}`)).status).toBe(204)
    await databases.putBack('registry')
    expect((await check()).items).toMatchObject([{ id: `task-service-back:${back}`, settles: null, choices: [] }])
    expect((await running.admin.call('DELETE', `/task-services/${back}`)).status).toBe(204)
    await agreed()

    await databases.keep('coordinator')
    const unknown = await registerTaskService('unknown')
    await databases.putBack('coordinator')
    expect((await check()).items).toMatchObject([{ id: `task-service-unknown:${unknown}` }])
    expect((await settle()).agrees).toBe(true)
    await agreed()
  })
})
