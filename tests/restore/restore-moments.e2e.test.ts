import { openStore } from '@slipway/store'
import { captureLog, eventually } from '@slipway/testing'
import { describe, expect, it } from 'vitest'
import { flow, patience } from '../release-content/support/flow.ts'
import { expectTraces } from '../release-content/support/traces.ts'
import { keptDatabases } from './support/kept-databases.ts'
import { address, restoreChecks } from './support/restore-checks.ts'

const running = flow({ restart: false })
const databases = keptDatabases(() => running.slipway.platform)
const { check, settle, agreed, staged, publish } = restoreChecks(running)

/** The states of the platform's own tasks in a release, as the coordinator has them. */
async function statesOf(id: string): Promise<Readonly<Record<string, string>>> {
  const { tasks } = await running.read(id)
  return Object.fromEntries(tasks.map(({ service_name, state }) => [service_name, state]))
}

const kindsFor = async (id: string): Promise<string[]> =>
  (await check()).items.filter(({ things }) => things.includes(id)).map(({ kind }) => kind)

const kindsOfTask = (id: string, ...kinds: readonly string[]) =>
  eventually(async () => expect(await kindsFor(id)).toEqual(kinds), patience)

describe('after a restore to the middle of a release', () => {
  it('a task that has published what is running for the coordinator counts as staged', async () => {
    const id = await running.create('Back to the work')
    // The catalog waits for the files of the foreign task service, which works until it is told to end.
    await eventually(async () => {
      expect(await statesOf(id)).toMatchObject({ exporter: 'staged', catalog: 'running' })
    }, patience)
    await databases.keep('coordinator')
    await running.drive(id, 'staged')
    await publish(id)
    await databases.putBack('coordinator')

    const { items } = await check()
    const ofRelease = items.filter(({ things }) => things.includes(id))
    expect(ofRelease.map(({ kind }) => kind).toSorted()).toEqual(['published-early', 'task-behind'])
    // The foreign task service says that it has published: what else there is to do is for a person.
    const decisions = Object.fromEntries(
      ofRelease.filter(({ kind }) => kind === 'published-early').map(one => [one.id, 'cancel']),
    )
    await settle()
    await eventually(async () => expect(await statesOf(id)).toMatchObject({ catalog: 'staged' }), patience)
    await kindsOfTask(id, 'published-early', 'published-early')
    await settle(decisions)
    const release = await running.until(id, 'canceled')
    await agreed()
    await expectTraces(running, release)
  })

  it('a release fails whose tasks have been canceled since it was staged', async () => {
    const id = await staged('Back to before its cancel')
    await databases.keep('coordinator')
    expect((await running.admin.call('DELETE', `/releases/${id}`)).status).toBe(200)
    await running.until(id, 'canceled')
    await databases.putBack('coordinator')

    await kindsOfTask(id, 'task-ended', 'task-ended')
    expect((await settle()).agrees).toBe(true)
    const release = await running.until(id, 'failed')
    await agreed()
    await expectTraces(running, release)
  })

  it('a task does what it has forgotten to have been asked for', async () => {
    await running.tools.refuse()
    const id = await running.create('Back to its beginning')
    await eventually(async () => {
      expect(await statesOf(id)).toMatchObject({ exporter: 'initialized', catalog: 'initialized' })
    }, patience)
    await databases.keep('catalog')
    await running.tools.accept()
    await eventually(async () => {
      expect(await statesOf(id)).toMatchObject({ exporter: 'staged', catalog: 'running' })
    }, patience)
    await databases.putBack('catalog')

    await kindsOfTask(id, 'start-missed')
    expect((await settle()).agrees).toBe(true)
    await agreed()
    await running.drive(id, 'staged')
    const release = await publish(id)
    await agreed()
    await expectTraces(running, release)
  })

  it('a release fails whose files were forgotten after its versions were made of them', async () => {
    await running.tools.refuse()
    const id = await running.create('Back to before its files')
    await eventually(async () => {
      expect(await statesOf(id)).toMatchObject({ exporter: 'initialized', catalog: 'initialized' })
    }, patience)
    await databases.keep('exporter')
    await running.tools.accept()
    await running.drive(id, 'staged')
    await databases.putBack('exporter')

    const { items } = await check()
    expect(items).toMatchObject([{ id: `files-lost:${id}`, kind: 'files-lost' }])
    expect((await settle()).agrees).toBe(true)
    const release = await running.until(id, 'failed')
    await agreed()
    await expectTraces(running, release)
  })

  it('a release that was being published is published by itself, under the same number', async () => {
    const id = await staged('Back to its publication')
    expect((await running.admin.call('POST', `/releases/${id}/publish`)).status).toBe(200)
    await eventually(async () => {
      expect(await statesOf(id)).toMatchObject({ exporter: 'published', catalog: 'published', tools: 'publishing' })
    }, patience)
    await databases.keep('coordinator')
    const { version } = await running.drive(id, 'published')
    await databases.putBack('coordinator')
    const release = await running.drive(id, 'published')
    expect(release.version).toBe(version)
    await agreed()
    await expectTraces(running, release)
  })

  it('a release that was being canceled is canceled by itself', async () => {
    const id = await staged('Back to its cancel')
    await running.tools.refuse()
    expect((await running.admin.call('DELETE', `/releases/${id}`)).status).toBe(200)
    await running.until(id, 'canceling')
    await databases.keep('coordinator')
    await running.tools.accept()
    await running.until(id, 'canceled')
    await databases.putBack('coordinator')
    const release = await running.until(id, 'canceled')
    await agreed()
    await expectTraces(running, release)
  })
})

describe('while the platform works', () => {
  it('a service that restarts is waited for', async () => {
    await databases.stop('exporter')
    const checking = check()
    await databases.start('exporter')
    expect((await checking).items).toEqual([])
  })

  it('one settles at a time', async () => {
    const url = running.slipway.platform.databaseUrl('gateway')
    await using store = await openStore({ url, log: captureLog().log, name: 'restore-lock', poolSize: 1 })
    const other = await store.lock('restore-settle')
    const refused = await running.slipway.call('admin', 'POST', address, {})
    expect(refused).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect((await running.slipway.call('admin', 'GET', address)).status).toBe(200)
    await other?.release()
    expect((await running.slipway.call('admin', 'POST', address, {})).status).toBe(200)
  })
})
