import { eventually, type TaskServiceStep } from '@slipway/testing'
import { describe, expect, test } from 'vitest'
import { api, url } from './support/api.ts'
import type { LogEvent, Release } from './support/resources.ts'
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
  taskReaches,
} from './support/saga.ts'

const { admin } = api

type Action = 'initialize' | 'start' | 'publish'

/** Has a release over both staged by their reports, if it comes so far. */
async function staged(release: Release): Promise<void> {
  for (const { kf_id } of release.tasks) {
    await taskReaches(api, kf_id, 'running')
    await api.machine.patch(`/tasks/${kf_id}`, { state: 'staged' })
  }
  await reaches(api, release.kf_id, 'staged')
}

/** Brings a release to the step in which one of its services misbehaves, and waits for the end of it. */
async function endedAt(action: Action, services: readonly Participant[]): Promise<Release> {
  const release = await startRelease(api, services)
  if (action === 'publish') {
    await staged(release)
    await admin.post(`/releases/${release.kf_id}/publish`)
  }
  return reaches(api, release.kf_id, 'failed')
}

const errorsOf = (events: readonly LogEvent[]) => events.filter(({ event_type }) => event_type === 'error')
const before = { initialize: 'waiting', start: 'initialized', publish: 'staged' } as const
const after = { initialize: 'rejected', start: 'failed', publish: 'failed' } as const

type Row = readonly [action: Action, what: string, step: TaskServiceStep]

const refusals: readonly Row[] = [
  ['initialize', '400', { status: 400, body: { message: 'busy' } }],
  ['initialize', '404', { status: 404 }],
  ['initialize', '500', { status: 500 }],
  ['initialize', '201', { status: 201 }],
  ['initialize', 'a redirect', { fault: 'redirect' }],
  ['initialize', 'silence', { fault: 'silent' }],
  ['initialize', 'a broken connection', { fault: 'reset' }],
  ['start', '400', { status: 400 }],
  ['start', '403', { status: 403 }],
  ['start', '500', { status: 500 }],
  ['start', 'another state', { says: { state: 'staged' } }],
  ['start', 'a state that is none', { says: { state: 'pending' } }],
  ['start', 'silence', { fault: 'silent' }],
  ['start', 'a broken connection', { fault: 'reset' }],
  ['publish', '409', { status: 409 }],
  ['publish', '500', { status: 500 }],
  ['publish', 'another state', { says: { state: 'staged' } }],
  ['publish', 'silence', { fault: 'silent' }],
]

describe('a service that refuses', () => {
  test.concurrent.each(refusals)('%s with %s', async (action, _what, step) => {
    await using service = await participant(api, { finishes: false })
    await using sister = await participant(api, { finishes: false })
    service.on(action, step)
    const release = await endedAt(action, [service, sister])
    const { kf_id, version } = release
    const mine = taskOf(release, service)
    const other = taskOf(release, sister)
    expect([mine.state, other.state]).toEqual([after[action], 'canceled'])
    expect(service.received('cancel'), 'who failed is not canceled on top').toEqual([])
    expect(sister.received('cancel', other.kf_id)).toHaveLength(1)

    const events = await historyOf(api, kf_id)
    expect(errorsOf(events).map(({ message }) => message)).toContain(
      `task ${mine.kf_id} changed from ${before[action]} to ${after[action]}`,
    )
    expect(errorsOf(events).at(-1)?.message).toMatch(
      new RegExp(`^release ${kf_id}, version ${version} changed from canceling to failed$`),
    )
    const notes = events.filter(({ message }) => message.startsWith('request to '))
    for (const note of notes) {
      expect(note).toMatchObject({
        event_type: 'error',
        message: expect.stringMatching(new RegExp(`^request to ${action} task failed: .+`)),
        release: `${url}/releases/${kf_id}`,
        task: `${url}/tasks/${mine.kf_id}`,
        task_service: `${url}/task-services/${service.id}`,
      })
    }
    expect(notes, 'the reason of a refusal is kept').toHaveLength(1)
  })

  test.concurrent.each<Action>(['initialize', 'start', 'publish'])('%s because it is not there', async action => {
    await using service = await participant(api, { finishes: false })
    await using sister = await participant(api, { finishes: false })
    if (action === 'initialize') await service.refuse()
    if (action === 'start') service.on('initialize', { delayMs: 300 })
    const started = startRelease(api, [service, sister])
    if (action === 'start') {
      await asked(service, 'initialize')
      service.on('start', { fault: 'reset' })
    }
    const { kf_id, ...made } = await started
    if (action === 'publish') {
      await staged({ kf_id, ...made })
      await service.refuse()
      await admin.post(`/releases/${kf_id}/publish`)
    }
    const release = await reaches(api, kf_id, 'failed')
    expect(taskOf(release, service).state).toBe(after[action])
    const messages = messagesOf(errorsOf(await historyOf(api, kf_id)))
    expect(messages).toContainEqual(expect.stringMatching(new RegExp(`^request to ${action} task failed: .+`)))
  })
})

describe('answers that are good', () => {
  test.concurrent.each<[string, Action, TaskServiceStep]>([
    ['an empty one to initialize', 'initialize', { fault: 'empty' }],
    ['pending to initialize', 'initialize', { says: { state: 'pending' } }],
    ['anything to initialize', 'initialize', { body: '<html>ok</html>' }],
    ['one without a state to start', 'start', { body: { message: 'on it' } }],
    ['one that is no JSON to start', 'start', { body: 'OK' }],
    ['an empty one to start', 'start', { fault: 'empty' }],
    ['running to start', 'start', { says: { state: 'running' } }],
    ['one without a state to publish', 'publish', { body: {} }],
    ['publishing to publish', 'publish', { says: { state: 'publishing' } }],
  ])('%s', async (_what, action, step) => {
    await using service = await participant(api, { finishes: false })
    service.on(action, step)
    const release = await runningRelease(api, [service])
    const { kf_id } = taskOf(release, service)
    await api.machine.patch(`/tasks/${kf_id}`, { state: 'staged' })
    await reaches(api, release.kf_id, 'staged')
    await admin.post(`/releases/${release.kf_id}/publish`)
    await taskReaches(api, kf_id, 'publishing')
    await api.machine.patch(`/tasks/${kf_id}`, { state: 'published' })
    await reaches(api, release.kf_id, 'published')
    expect(errorsOf(await historyOf(api, release.kf_id))).toEqual([])
  })

  test.concurrent('a service that is away for a moment is asked again', async () => {
    await using service = await participant(api)
    service.on('initialize', { status: 503 }, {})
    service.on('start', { fault: 'reset' }, {})
    const release = await startRelease(api, [service])
    await reaches(api, release.kf_id, 'staged')
    expect(service.received('initialize').length).toBeGreaterThan(1)
  })
})

describe('ten megabytes of an answer', () => {
  test.concurrent.each<Action>(['initialize', 'start'])('to %s do not hold up the release', async action => {
    await using service = await participant(api)
    service.on(action, { fault: 'huge' })
    const { kf_id } = await startRelease(api, [service])
    if (action === 'start') await asked(service, 'start')
    await admin.delete(`/releases/${kf_id}`)
    await eventually(async () => ['canceled', 'failed'].includes((await releaseOf(api, kf_id)).state))
  })
})
