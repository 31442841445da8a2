import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CallerName, clients } from '../support/callers.ts'
import { type Api, given } from '../support/given.ts'
import { statusAndBody } from '../support/http-client.ts'
import { historyOf, participant, pathOf, reaches, releaseOf, runningRelease, startRelease } from '../support/saga.ts'
import { type System, startSystem } from '../support/system.ts'

const releaseTimeoutMs = 4_000
const nowhere = 'http://127.0.0.1:1'
let system: System
let api: Api
beforeAll(async () => {
  system = await startSystem({
    gateway: { SLIPWAY_ANONYMOUS_WRITES: 'false' },
    registry: { AUTH0_DOMAIN: nowhere },
    coordinator: { AUTH0_DOMAIN: nowhere, RELEASE_TIMEOUT: String(releaseTimeoutMs / 1000) },
  })
  api = clients(system.url, system.key)
})
afterAll(() => system?.[Symbol.asyncDispose]())

describe('a time limit for releases', () => {
  test('cancels one in which nothing happens any more', async () => {
    await using service = await participant(api, { finishes: false })
    const { kf_id } = await runningRelease(api, [service])
    const { tasks } = await reaches(api, kf_id, 'canceled')
    expect(tasks.map(({ state }) => state)).toEqual(['canceled'])
    expect(service.received('cancel')).toHaveLength(1)
    expect(await pathOf(api, kf_id)).toEqual(['initializing', 'running', 'canceling', 'canceled'])
    const history = await historyOf(api, kf_id)
    const canceling = history.findIndex(({ message }) => message.endsWith(' canceling'))
    const [last, next] = history.slice(canceling - 1, canceling + 1).map(event => Date.parse(event.created_at))
    const silence = (next ?? Number.NaN) - (last ?? Number.NaN)
    expect(silence).toBeGreaterThanOrEqual(releaseTimeoutMs)
  })

  test('leaves one alone in which something happens, and one that waits to be published', async () => {
    await using service = await participant(api, { finishes: false })
    const { kf_id: staged } = await given(api).release()
    await reaches(api, staged, 'staged')
    const { kf_id: running } = await runningRelease(api, [service])
    for (const end = Date.now() + releaseTimeoutMs * 1.5; Date.now() < end; ) {
      await given(api).event({ release: running, message: 'still at it' })
      await delay(200)
    }
    expect((await releaseOf(api, running)).state).toBe('running')
    await reaches(api, running, 'canceled')
    expect((await releaseOf(api, staged)).state).toBe('staged')
  })
})

describe('without writes of callers without credentials', () => {
  const calls = [
    ['/events', { message: 'x' }, 201],
    ['/tasks/status_checks', undefined, 200],
    ['/task-services/health_checks', undefined, 200],
    ['/releases/status_checks', undefined, 200],
    ['/studies/sync', undefined, 200],
  ] as const

  test.each(calls)('POST %s needs some', async (path, body, status) => {
    expect(statusAndBody(await api.anonymous.post(path, body))).toEqual([
      403,
      { detail: 'Authentication credentials were not provided.' },
    ])
    for (const caller of ['user', 'admin'] as const satisfies readonly CallerName[]) {
      expect((await api[caller].post(path, body)).status, caller).toBe(status)
    }
  })

  test('reads do not', async () => {
    for (const path of ['/', '/events', '/releases', '/studies']) {
      expect((await api.anonymous.get(path)).status, path).toBe(200)
    }
  })
})

test('where no token for task services can be had, they are called without one', async () => {
  await using service = await participant(api)
  const { kf_id } = await startRelease(api, [service])
  await reaches(api, kf_id, 'staged')
  expect(service.requests.length).toBeGreaterThan(1)
  for (const { headers } of service.requests) {
    expect(headers).not.toHaveProperty('authorization')
    expect(headers['user-agent'] ?? '').not.toContain('ReleaseCoordinator')
  }
})
