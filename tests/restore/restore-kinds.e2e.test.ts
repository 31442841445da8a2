import { describe, expect, it } from 'vitest'
import { flow } from '../release-content/support/flow.ts'
import { expectTraces } from '../release-content/support/traces.ts'
import { keptDatabases } from './support/kept-databases.ts'
import { kindsOf, restoreChecks } from './support/restore-checks.ts'

const running = flow({ restart: false })
const databases = keptDatabases(() => running.slipway.platform)
const { check, settle, agreed, staged, publish } = restoreChecks(running)

/** Somebody who registers; who it is does not matter. */
async function register(login: string): Promise<void> {
  const names = { firstName: 'Eve', lastName: 'Öberg', langKey: 'en', country: { isoCode2: 'SE' } }
  const person = { login, email: login, password: 'correct horse battery', ...names }
  expect((await running.slipway.call('nobody', 'POST', '/api/register', person)).status).toBe(201)
}

describe('after a restore of one database', () => {
  it('the exporter publishes what it has forgotten to have published', async () => {
    const id = await staged('Published again by the exporter')
    await databases.keep('exporter')
    const release = await publish(id)
    await databases.putBack('exporter')
    expect((await check()).items).toMatchObject([{ kind: 'publish-missed', things: [expect.anything(), id] }])
    expect((await settle()).agrees).toBe(true)
    await agreed()
    await expectTraces(running, release)
  })

  it('the catalog learns of accounts', async () => {
    await databases.keep('catalog')
    await register('eve@example.org')
    await databases.putBack('catalog')
    expect((await check()).items).toMatchObject([{ id: 'account-unknown:eve@example.org' }])
    expect((await settle()).agrees).toBe(true)
    await agreed()
  })

  it('the catalog forgets accounts that were deleted, and those that are back are for a person', async () => {
    const login = 'deleted@example.org'
    const remove = async () => {
      expect((await running.slipway.call('admin', 'DELETE', `/api/v1/accounts/${login}`)).status).toBe(204)
    }
    await register(login)
    await agreed()
    await databases.keep('catalog')
    await databases.keep('gateway')
    await remove()
    await agreed()
    await databases.putBack('catalog')
    expect((await check()).items).toMatchObject([{ id: `account-deleted:${login}` }])
    expect((await settle()).agrees).toBe(true)
    await agreed()

    await databases.putBack('gateway')
    const { items } = await check()
    expect(items.find(({ kind }) => kind === 'account-back')).toMatchObject({
      id: `account-back:${login}`,
      settles: null,
      choices: [{ choice: 'keep' }],
    })
    await settle({ [`account-back:${login}`]: 'keep' })
    await agreed()
    await remove()
    await agreed()
  })

  it('files of a published release that the exporter has forgotten are for a person', async () => {
    await databases.keep('exporter')
    const { kf_id } = await publish(await staged('Lost by the exporter'))
    await databases.putBack('exporter')
    const { items } = await check()
    expect(items).toMatchObject([{ kind: 'files-missing', things: [expect.anything(), kf_id], settles: null }])
    expect((await settle()).agrees).toBe(false)
  })

  it('a login without its account is for a person', async () => {
    await databases.keep('gateway')
    await register('mallory@example.org')
    await databases.putBack('gateway')
    const report = await check()
    expect(kindsOf(report)).toContain('account-lost')
    expect(report.items.find(({ kind }) => kind === 'account-lost')).toMatchObject({ things: ['mallory@example.org'] })
  })
})
