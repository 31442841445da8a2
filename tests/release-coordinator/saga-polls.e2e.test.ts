import type { TaskServiceStep } from '@slipway/testing'
import { describe, expect, test } from 'vitest'
import { api } from './support/api.ts'
import type { Task } from './support/resources.ts'
import {
  asked,
  historyOf,
  messagesOf,
  type Participant,
  participant,
  reaches,
  releaseOf,
  runningRelease,
  startRelease,
  taskOf,
} from './support/saga.ts'

const { anonymous, admin } = api

const works = (): Promise<Participant> => participant(api, { finishes: false })
const read = async ({ kf_id }: Task) => (await anonymous.get<Task>(`/tasks/${kf_id}`)).body

/** Polls so far; a few more than now mean that what the service says has been heard. */
const severalPolls = (service: Participant, more = 2) =>
  asked(service, 'get_status', service.received('get_status').length + more)

describe('what a poll says', () => {
  test.concurrent.each<[string, TaskServiceStep]>([
    ['the same state', {}],
    ['pending', { says: { state: 'pending' } }],
    ['cancelled, misspelt', { says: { state: 'cancelled' } }],
    ['cancelling', { says: { state: 'cancelling' } }],
    ['a state that may not follow', { says: { state: 'published' } }],
    ['a state from before', { says: { state: 'initialized' } }],
    ['a number for a state', { says: { state: 5 } }],
    ['nothing', { fault: 'empty' }],
    ['no JSON', { body: 'all is well' }],
    ['a list', { body: [{ state: 'staged' }] }],
    ['null', { body: 'null' }],
    ['progress that is none', { says: { progress: 'half way' } }],
    ['progress that is null', { says: { progress: null } }],
    ['too much progress', { says: { progress: 300 } }],
    ['progress below zero', { says: { progress: -4 } }],
  ])('%s: the task goes on as it was', async (_what, step) => {
    await using service = await works()
    service.on('get_status', step)
    const release = await runningRelease(api, [service])
    const task = taskOf(release, service)
    await severalPolls(service)
    expect(await read(task)).toEqual({ ...task, progress: 0 })
    await service.finish(task.kf_id)
    service.on('get_status')
    await reaches(api, release.kf_id, 'staged')
  })

  test.concurrent.each<[unknown, number]>([
    [50, 50],
    ['50%', 50],
    ['7 %', 7],
    ['33', 33],
    [0, 0],
    [100, 100],
  ])('progress %j is %i', async (progress, expected) => {
    await using service = await works()
    service.on('get_status', { says: { progress } })
    const release = await runningRelease(api, [service])
    const task = taskOf(release, service)
    await severalPolls(service)
    expect((await read(task)).progress).toBe(expected)
    await admin.delete(`/releases/${release.kf_id}`)
  })

  test.concurrent('staged, with progress: both are taken', async () => {
    await using service = await works()
    service.on('get_status', { says: { state: 'staged', progress: '100%' } })
    const { kf_id } = await startRelease(api, [service])
    const { tasks } = await reaches(api, kf_id, 'staged')
    expect(tasks).toMatchObject([{ state: 'staged', progress: 100 }])
  })

  test.concurrent('failed: the release fails, and the service hears no cancel', async () => {
    await using service = await works()
    await using sister = await works()
    const release = await runningRelease(api, [service, sister])
    service.on('get_status', { says: { state: 'failed', progress: '30%' } })
    const ended = await reaches(api, release.kf_id, 'failed')
    expect(taskOf(ended, service)).toMatchObject({ state: 'failed', progress: 30 })
    expect(taskOf(ended, sister).state).toBe('canceled')
    expect([service.received('cancel').length, sister.received('cancel').length]).toEqual([0, 1])
  })

  test.concurrent('canceled: the release is canceled', async () => {
    await using service = await works()
    await using sister = await works()
    const release = await runningRelease(api, [service, sister])
    service.on('get_status', { says: { state: 'canceled' } })
    const { tasks } = await reaches(api, release.kf_id, 'canceled')
    expect(tasks.map(({ state }) => state)).toEqual(['canceled', 'canceled'])
    expect(sister.received('cancel')).toHaveLength(1)
  })
})

describe('a service that can not be asked', () => {
  test.concurrent.each<[string, TaskServiceStep]>([
    ['404', { status: 404 }],
    ['400', { status: 400 }],
    ['403', { status: 403 }],
  ])('%s: its task fails at once', async (_what, step) => {
    await using service = await works()
    const release = await runningRelease(api, [service])
    const before = service.received('get_status').length
    service.on('get_status', step)
    const { tasks } = await reaches(api, release.kf_id, 'failed')
    expect(tasks.map(({ state }) => state)).toEqual(['failed'])
    // One poll may have been under way with the old script.
    expect(service.received('get_status').length - before).toBeLessThanOrEqual(2)
    expect(service.received('cancel')).toEqual([])
  })

  test.concurrent.each<[string, TaskServiceStep]>([
    ['500', { status: 500 }],
    ['503', { status: 503 }],
    ['a broken connection', { fault: 'reset' }],
  ])('%s: its task fails after some tries', async (_what, step) => {
    await using service = await works()
    const release = await runningRelease(api, [service])
    const before = service.received('get_status').length
    service.on('get_status', step)
    await reaches(api, release.kf_id, 'failed')
    expect(service.received('get_status').length - before).toBeGreaterThanOrEqual(3)
  })

  test.concurrent('that refuses connections: its task fails, its sisters are canceled', async () => {
    await using service = await works()
    await using sister = await works()
    const release = await runningRelease(api, [service, sister])
    await service.refuse()
    const ended = await reaches(api, release.kf_id, 'failed')
    expect([taskOf(ended, service).state, taskOf(ended, sister).state]).toEqual(['failed', 'canceled'])
    const messages = messagesOf(await historyOf(api, release.kf_id))
    expect(messages).toContain(`task ${taskOf(ended, service).kf_id} changed from running to failed`)
  })

  test.concurrent('once is forgiven', async () => {
    await using service = await works()
    const release = await runningRelease(api, [service])
    service.on('get_status', { status: 500 }, { status: 500 }, {})
    await severalPolls(service, 5)
    expect((await releaseOf(api, release.kf_id)).state).toBe('running')
    await admin.delete(`/releases/${release.kf_id}`)
    await reaches(api, release.kf_id, 'canceled')
  })

  test.concurrent('in time is asked again', async () => {
    await using service = await works()
    const release = await runningRelease(api, [service])
    service.on('get_status', { fault: 'silent' }, {})
    await severalPolls(service, 4)
    expect((await releaseOf(api, release.kf_id)).state).toBe('running')
    await admin.delete(`/releases/${release.kf_id}`)
    await reaches(api, release.kf_id, 'canceled')
  })
})

test.concurrent('nobody is asked about a task that waits for its release', async () => {
  await using service = await participant(api)
  const { kf_id } = await startRelease(api, [service])
  await reaches(api, kf_id, 'staged')
  const polls = service.received('get_status').length
  await using other = await works()
  const busy = await runningRelease(api, [other])
  await severalPolls(other)
  expect(service.received('get_status').length).toBeLessThanOrEqual(polls + 1)
  await admin.delete(`/releases/${busy.kf_id}`)
})
