import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clients } from '../support/callers.ts'
import { type Api, given } from '../support/given.ts'
import { httpClient, statusAndBody } from '../support/http-client.ts'
import { type LogEvent, type Page, studies, type TaskService } from '../support/resources.ts'
import { participant } from '../support/saga.ts'
import { type System, startSystem } from '../support/system.ts'

/** A platform for developers, with as little around it as possible, behind a proxy. */
let system: System
let api: Api
beforeAll(async () => {
  system = await startSystem({
    mirror: false,
    tokens: false,
    gateway: { SLIPWAY_DEVELOPMENT: 'true', SLIPWAY_TRUST_PROXY: 'true' },
  })
  api = clients(system.url, system.key)
})
afterAll(() => system?.[Symbol.asyncDispose]())

describe('in development', () => {
  test.each([undefined, 'Bearer nonsense'])(
    'everybody is an administrator, with credentials %s',
    async authorization => {
      const client = httpClient(system.url, authorization)
      await using service = await participant({ ...api, admin: client })
      expect(await client.patch(`/task-services/${service.id}`, { name: 'mine' })).toMatchObject({ status: 200 })
      const { kf_id } = (await client.post<LogEvent>('/events', { message: 'x' })).body
      expect((await client.delete(`/events/${kf_id}`)).status).toBe(204)
      expect(await client.post('/tasks', {})).toMatchObject({ status: 400 })
    },
  )

  test('scripts of every origin may call', async () => {
    for (const origin of ['http://localhost:3000', 'https://example.org']) {
      const { headers } = await api.anonymous.send('GET', '/releases', { headers: { origin } })
      expect(headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
      })
    }
  })
})

describe('without a data service', () => {
  test('a sync does nothing', async () => {
    expect(statusAndBody(await api.anonymous.post('/studies/sync'))).toEqual([
      200,
      { status: 'ok', new: 0, deleted: 0, message: expect.any(String) },
    ])
  })

  test('there are no studies, and so no releases', async () => {
    expect((await api.anonymous.get('/studies')).body).toEqual({ count: 0, next: null, previous: null, results: [] })
    expect(statusAndBody(await api.admin.post('/releases', { name: 'x', studies: [studies.cats] }))).toEqual([
      400,
      { studies: [`Invalid pk "${studies.cats}" - object does not exist.`] },
    ])
  })
})

test('without an issuer task services are called without a token', async () => {
  await using service = await participant(api)
  const before = service.received('status').length
  await eventually(() => service.received('status').length > before)
  for (const { headers } of service.requests) {
    expect(headers).not.toHaveProperty('authorization')
    expect(headers['user-agent'] ?? '').not.toContain('ReleaseCoordinator')
  }
})

describe('behind a proxy', () => {
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'kf-release-coord.kidsfirstdrc.org' }
  const base = 'https://kf-release-coord.kidsfirstdrc.org'

  test('links are those that clients see', async () => {
    await using service = await participant(api)
    const event = await given(api).event({ task_service: service.id })
    await given(api).event()
    const get = async <Body>(path: string) => (await api.anonymous.send<Body>('GET', path, { headers: forwarded })).body
    expect(await get('/')).toMatchObject({ tasks: `${base}/tasks` })
    expect(await get(`/events/${event.kf_id}`)).toMatchObject({ task_service: `${base}/task-services/${service.id}` })
    expect((await get<Page<TaskService>>('/events?limit=1')).next).toBe(`${base}/events?limit=1&offset=1`)
  })
})

test('a forwarded host that is none does not get into links', async () => {
  const odd = { 'x-forwarded-host': 'evil.example/<script>' }
  const { status, text } = await api.anonymous.send('GET', '/', { headers: odd })
  expect(status).toBeLessThan(500)
  expect(text).not.toContain('<script>')
})
