import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clients } from '../support/callers.ts'
import { type Api, given } from '../support/given.ts'
import { statusAndBody } from '../support/http-client.ts'
import type { Release, TaskService } from '../support/resources.ts'
import {
  asked,
  historyOf,
  type Participant,
  participant,
  reaches,
  releaseOf,
  runningRelease,
  startRelease,
  taskOf,
  taskReaches,
} from '../support/saga.ts'
import { type System, startSystem } from '../support/system.ts'

/** Longer than a machine may stand still between a step of a task and the look at it. */
const taskTimeoutMs = 6_000
const anonymousWrites = 20
/** Nothing on this platform is looked at by itself: only because somebody asks for it. */
const never = '86000'
let system: System
let api: Api
beforeAll(async () => {
  system = await startSystem({
    registry: { HEALTH_SECONDS: never },
    coordinator: { TASK_POLL_SECONDS: never, RELEASE_CHECK_SECONDS: never, TASK_TIMEOUT: String(taskTimeoutMs / 1000) },
    gateway: { SLIPWAY_ANONYMOUS_RATE_LIMIT: String(anonymousWrites) },
  })
  api = clients(system.url, system.key)
})
afterAll(() => system?.[Symbol.asyncDispose]())

const check = (what: 'tasks/status_checks' | 'releases/status_checks' | 'task-services/health_checks') =>
  api.admin.post(`/${what}`)
const works = (): Promise<Participant> => participant(api, { finishes: false })
const read = async ({ id }: Participant) => (await api.anonymous.get<TaskService>(`/task-services/${id}`)).body

describe('POST /task-services/health_checks', () => {
  test('asks every service once, also those that are disabled', async () => {
    await using enabled = await works()
    await using disabled = await works()
    await api.admin.patch(`/task-services/${enabled.id}`, { enabled: true })
    const before = [enabled, disabled].map(service => service.received('status').length)
    expect(statusAndBody(await check('task-services/health_checks'))).toEqual([200, { status: 'ok' }])
    await asked(enabled, 'status', (before[0] ?? 0) + 1)
    await asked(disabled, 'status', (before[1] ?? 0) + 1)
  })

  test('counts what fails, and calls a service down after the third', async () => {
    await using service = await works()
    service.on('status', { status: 500 })
    const seen: [number, string][] = []
    for (let failures = 1; failures <= 5; failures += 1) {
      await check('task-services/health_checks')
      await eventually(async () => (await read(service)).last_ok_status === failures)
      seen.push([failures, (await read(service)).health_status])
    }
    expect(seen.map(([, status]) => status)).toEqual(['ok', 'ok', 'ok', 'down', 'down'])
    service.on('status', {})
    await check('task-services/health_checks')
    await eventually(async () => (await read(service)).last_ok_status === 0)
    expect((await read(service)).health_status).toBe('ok')
  })
})

describe('POST /tasks/status_checks', () => {
  test('asks after every task that runs or is published, and says how many there are', async () => {
    await using first = await works()
    await using second = await works()
    const release = await runningRelease(api, [first, second])
    expect(statusAndBody(await check('tasks/status_checks'))).toEqual([
      200,
      { status: 'ok', message: '2 task to check' },
    ])
    await asked(first, 'get_status')
    await asked(second, 'get_status')

    await first.finish(taskOf(release, first).kf_id)
    await check('tasks/status_checks')
    await taskReaches(api, taskOf(release, first).kf_id, 'staged')
    expect((await check('tasks/status_checks')).body).toEqual({ status: 'ok', message: '1 task to check' })
    await second.finish(taskOf(release, second).kf_id)
    await check('tasks/status_checks')
    await reaches(api, release.kf_id, 'staged')
    expect((await check('tasks/status_checks')).body).toEqual({ status: 'ok', message: '0 task to check' })

    await api.admin.post(`/releases/${release.kf_id}/publish`)
    for (const service of [first, second]) await taskReaches(api, taskOf(release, service).kf_id, 'publishing')
    for (const service of [first, second]) await service.finish(taskOf(release, service).kf_id)
    expect((await check('tasks/status_checks')).body).toEqual({ status: 'ok', message: '2 task to check' })
    await reaches(api, release.kf_id, 'published')
  })

  test('cancels the release of a task in which nothing has happened for too long', async () => {
    await using service = await works()
    await using sister = await works()
    const release = await runningRelease(api, [service, sister])
    await delay(taskTimeoutMs)
    expect((await releaseOf(api, release.kf_id)).state, 'not by itself').toBe('running')
    await check('tasks/status_checks')
    const { tasks } = await reaches(api, release.kf_id, 'canceled')
    expect(tasks.map(({ state }) => state)).toEqual(['canceled', 'canceled'])
    for (const one of [service, sister]) expect(one.received('cancel')).toHaveLength(1)
    const events = await historyOf(api, release.kf_id)
    expect(events.filter(({ event_type }) => event_type === 'error')).toEqual([])
  })

  test('does not cancel a task that waits to be published', async () => {
    await using service = await participant(api)
    const { kf_id } = await startRelease(api, [service])
    const task = await eventually(async () => {
      const [only] = (await releaseOf(api, kf_id)).tasks
      if (only?.state !== 'running') throw new Error('not yet running')
      return only
    })
    await api.machine.patch(`/tasks/${task.kf_id}`, { state: 'staged' })
    await reaches(api, kf_id, 'staged')
    await delay(taskTimeoutMs)
    await check('tasks/status_checks')
    await check('releases/status_checks')
    await using other = await works()
    const { kf_id: next } = await runningRelease(api, [other])
    expect((await releaseOf(api, kf_id)).state).toBe('staged')
    await api.admin.delete(`/releases/${next}`)
    await reaches(api, next, 'canceled')
  })
})

describe('POST /releases/status_checks', () => {
  test('says how many releases are under way', async () => {
    await using service = await works()
    expect(statusAndBody(await check('releases/status_checks'))).toEqual([
      200,
      { status: 'ok', message: '0 releases to check' },
    ])
    const release = await runningRelease(api, [service])
    expect((await check('releases/status_checks')).body).toEqual({ status: 'ok', message: '1 releases to check' })
    await api.admin.delete(`/releases/${release.kf_id}`)
    await reaches(api, release.kf_id, 'canceled')
  })

  test.each(['failed', 'canceled', 'rejected'])(
    'cancels a release with a task that was recorded as %s',
    async state => {
      await using service = await works()
      await using other = await works()
      const release: Release = await runningRelease(api, [service])
      await given(api).task({ release: release.kf_id, task_service: other.id, state })
      expect((await releaseOf(api, release.kf_id)).state, 'a row only').toBe('running')
      await check('releases/status_checks')
      await reaches(api, release.kf_id, 'canceled')
      expect(service.received('cancel')).toHaveLength(1)
    },
  )
})

test('callers without credentials may write only so often', async () => {
  const post = () => api.anonymous.post<object>('/events', { message: 'again' })
  const answers = []
  for (let count = 0; count <= anonymousWrites + 5; count += 1) answers.push(await post())
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(0)
  expect(answers.every(({ status }) => status === 201 || status === 429)).toBe(true)
  for (const { headers, body } of refused) {
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    expect(body).toEqual({ detail: expect.any(String) })
  }
  expect((await api.anonymous.post('/tasks/status_checks')).status).toBe(429)
  expect((await api.user.post('/events', { message: 'with credentials' })).status).toBe(201)
  expect((await api.anonymous.get('/events')).status).toBe(200)
})
