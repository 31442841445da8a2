import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { eventually } from '@slipway/testing'
import { describe, expect, it } from 'vitest'
import { flow, patience } from '../release-content/support/flow.ts'
import { expectTraces } from '../release-content/support/traces.ts'
import { keptDatabases } from './support/kept-databases.ts'
import { address, kindsOf, restoreChecks } from './support/restore-checks.ts'

const running = flow({ restart: false })
const databases = keptDatabases(() => running.slipway.platform)
const { check, settle, agreed, staged, publish } = restoreChecks(running)

/** The script, as people run it. */
async function restoreCheck(...args: readonly string[]): Promise<{ exitCode: number; said: string }> {
  const program = fileURLToPath(import.meta.resolve('../../local/src/restore-check.ts'))
  const env = { ...process.env, SLIPWAY_TOKEN: running.slipway.platform.adminToken }
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  const [said, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { exitCode, said }
}

describe('after a restore of one database', () => {
  it('nothing disagrees where nothing was restored', async () => {
    expect(await check()).toEqual({ agrees: true, total: 0, by_kind: {}, items: [] })
  })

  it('the catalog brings the version of a published release online that it has forgotten', async () => {
    await databases.keep('catalog')
    const release = await publish(await staged('Forgotten by the catalog'))
    await databases.putBack('catalog')

    const { items } = await check()
    expect(items).toMatchObject([{ kind: 'version-missing', choices: [], outcome: null }])
    expect((await settle()).agrees).toBe(true)
    await agreed()
    await expectTraces(running, release)
  })

  it('a release whose task its service has forgotten fails at once', async () => {
    await databases.keep('exporter')
    const id = await staged('Forgotten by the exporter')
    await databases.putBack('exporter')

    expect(kindsOf(await check())).toEqual(['task-unknown'])
    expect((await settle()).items).toMatchObject([{ outcome: { done: true } }])
    const release = await running.until(id, 'failed')
    await agreed()
    await expectTraces(running, release)
  })

  it('the coordinator gives no number twice, and what it does not know is taken back or for a person', async () => {
    await databases.keep('coordinator')
    const left = await staged('Staged before')
    const published = await publish(await staged('Published before'))
    await databases.putBack('coordinator')

    const before = await check()
    expect(kindsOf(before)).toEqual(['left-over', 'release-unknown', 'version-numbers'])
    const settled = await settle()
    expect(settled.agrees).toBe(false)
    await eventually(async () => expect(kindsOf(await check())).toEqual(['release-unknown']), patience)
    expect(before.items.some(({ things }) => things.includes(left))).toBe(true)

    const next = await publish(await staged('Published after'))
    expect(next.version > published.version, `${next.version} after ${published.version}`).toBe(true)

    const { items } = await check()
    await settle(Object.fromEntries(items.map(({ id }) => [id, 'withdraw'])))
    await agreed()
  })

  it('the registry and the coordinator agree on task services again', async () => {
    await databases.keep('registry')
    const fields = { name: 'new', description: 'x', author: 'test', url: running.tools.url, enabled: false }
    const { body } = await running.admin.call('POST', '/task-services', fields)
    const { kf_id } = body as { readonly kf_id: string }
    await databases.putBack('registry')

    const id = `task-service-lost:${kf_id}`
    expect((await check()).items).toMatchObject([{ id, settles: null, choices: [{ choice: 'forget' }] }])
    expect((await settle({ [id]: 'nothing' })).items).toMatchObject([{ outcome: { done: false } }])
    const { url } = running.slipway.platform
    const looked = await restoreCheck('--platform', url)
    expect(looked).toMatchObject({ exitCode: 1, said: expect.stringContaining(`--decide ${id}=forget`) })
    expect(await restoreCheck('--platform', url, '--decide', `${id}=forget`)).toMatchObject({ exitCode: 0 })
    await agreed()
    const agreeing = { exitCode: 0, said: 'The five databases agree.\n' }
    expect(await restoreCheck('--platform', url)).toEqual(agreeing)
    expect(await restoreCheck('--platform', 'http://127.0.0.1:1')).toEqual({ exitCode: 2, said: '' })
  })

  it('the gateway tells the catalog of changes that it would have ignored', async () => {
    await databases.keep('gateway')
    const me = await running.slipway.call('ann', 'GET', '/api/account')
    for (const firstName of ['Anna', 'Anne']) {
      const answer = await running.slipway.call('ann', 'POST', '/api/account', { ...me.body, firstName })
      expect(answer.status).toBe(200)
    }
    await databases.putBack('gateway')
    expect(kindsOf(await check())).toEqual(['account-numbers'])
    expect((await settle()).agrees).toBe(true)
    await agreed()
    const answer = await running.slipway.call('ann', 'POST', '/api/account', { ...me.body, firstName: 'Annika' })
    expect(answer.status).toBe(200)
    await eventually(async () => {
      const { body } = await running.slipway.call('ann', 'GET', '/api/account')
      expect(body.firstName).toBe('Annika')
    }, patience)
  })
})

it('is for administrators', async () => {
  expect((await running.slipway.call('nobody', 'GET', address)).status).toBe(401)
  expect((await running.slipway.call('ann', 'GET', address)).status).toBe(403)
  expect((await running.slipway.call('ann', 'POST', address, {})).status).toBe(403)
})
