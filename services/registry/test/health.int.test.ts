import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { taskServiceOperations as operations } from '@slipway/contracts'
import { eventually, type ScriptedTaskService, scriptedTaskService } from '@slipway/testing'
import { afterEach, expect, test } from 'vitest'
import { sql } from './open-database.ts'
import { as, baseUrl, type RunningRegistry, startRegistry } from './start-registry.ts'

let opened = new AsyncDisposableStack()
afterEach(async () => {
  const all = opened
  opened = new AsyncDisposableStack()
  await all.disposeAsync()
})

const start = async (env: NodeJS.ProcessEnv) => opened.use(await startRegistry(env))
const taskService = async (): Promise<ScriptedTaskService> => {
  const service = opened.use(await scriptedTaskService())
  service.on('status', { body: { name: 'etl' } })
  return service
}
const register = async (registry: RunningRegistry, url: string, more: object = {}) => {
  const body = { name: 'etl', description: 'Loads the data', author: 'ada', url, ...more }
  return (await registry.bus.call(operations.create, { body }, as('ada'))).kf_id
}
const get = (registry: RunningRegistry, kf_id: string) => registry.bus.call(operations.get, { kf_id }, as('nobody'))
const history = (registry: RunningRegistry, kf_id: string, input: object = {}) =>
  registry.bus.call(operations.history, { kf_id, ...input }, as('nobody'))
const turns = async (registry: RunningRegistry, kf_id: string) =>
  (
    await sql<{ verb: string }>(
      registry.store,
      'select verb from platform.outbox where aggregate = $1 order by sequence',
      kf_id,
    )
  ).map(({ verb }) => verb)

test('a service that fails goes down, one that answers again recovers; each is told once', async () => {
  const registry = await start({ HEALTH_SECONDS: '0.05' })
  const service = await taskService()
  const kf_id = await register(registry, service.url, { enabled: false })
  await eventually(async () => (await history(registry, kf_id)).count > 2)
  expect(await get(registry, kf_id)).toMatchObject({ last_ok_status: 0, health_status: 'ok' })

  await service.refuse()
  const down = await eventually(async () => {
    const now = await get(registry, kf_id)
    return now.last_ok_status > 6 && now
  })
  expect(down).toMatchObject({ health_status: 'down', enabled: false })
  expect((await history(registry, kf_id)).results[0]).toMatchObject({
    ok: false,
    detail: expect.stringContaining('ECONNREFUSED'),
  })

  await service.accept()
  await eventually(async () => (await get(registry, kf_id)).health_status === 'ok')
  await eventually(async () => (await history(registry, kf_id, { limit: 3 })).results.every(({ ok }) => ok))
  expect(await turns(registry, kf_id)).toEqual(['created', 'down', 'recovered'])
})

test('whatever is below 400 is good, whatever else is not', async () => {
  const registry = await start({ HEALTH_SECONDS: '0.05' })
  const service = await taskService()
  const kf_id = await register(registry, service.url)
  service.on('status', { status: 204, fault: 'empty' })
  await eventually(async () => (await history(registry, kf_id)).count > 2)
  service.on('status', { fault: 'redirect', location: '/elsewhere' })
  await eventually(() => service.received('status').length > 6)
  expect((await history(registry, kf_id, { limit: 1000 })).results.every(({ ok }) => ok)).toBe(true)
  service.on('status', { status: 404 })
  await eventually(async () => (await get(registry, kf_id)).last_ok_status > 0)
  expect((await history(registry, kf_id)).results[0]?.detail).toBe('answered with status 404')
})

test('one that does not answer holds up nobody, and is itself asked one time at a time', async () => {
  const registry = await start({ HEALTH_SECONDS: '0.05', REQUEST_TIMEOUT: '60' })
  const slow = await taskService()
  const quick = await taskService()
  await register(registry, slow.url)
  await register(registry, quick.url)
  slow.on('status', { fault: 'silent' })
  const before = slow.received('status').length
  await eventually(() => quick.received('status').length > 20)
  expect(slow.received('status').length - before).toBeLessThanOrEqual(1)
})

test('two replicas make one check at a time between them', async () => {
  const registry = await start({ HEALTH_SECONDS: '0.02' })
  await registry.replica()
  let running = 0
  let most = 0
  let checks = 0
  const server = createServer((_request, response) => {
    running += 1
    most = Math.max(most, running)
    checks += 1
    setTimeout(() => {
      running -= 1
      response.end('{"name":"slow"}')
    }, 20)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.defer(() => void server.close().closeAllConnections())
  const kf_id = await register(registry, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await eventually(() => checks > 20)
  expect(most).toBe(1)
  expect((await history(registry, kf_id)).count).toBeGreaterThan(10)
})

test('two replicas check a service once an interval', async () => {
  const registry = await start({ HEALTH_SECONDS: '3600' })
  await registry.replica()
  const service = await taskService()
  const kf_ids = await Promise.all(Array.from({ length: 10 }, () => register(registry, service.url)))
  const registrations = kf_ids.length
  await eventually(async () => {
    const counts = await Promise.all(kf_ids.map(async kf_id => (await history(registry, kf_id)).count))
    return counts.every(count => count > 0)
  })
  expect(service.received('status')).toHaveLength(registrations + kf_ids.length)
})

test('a check that is asked for happens at once, whoever asks', async () => {
  const registry = await start({ HEALTH_SECONDS: '3600' })
  const service = await taskService()
  const kf_id = await register(registry, service.url, { enabled: false })
  await eventually(async () => (await history(registry, kf_id)).count === 1)
  expect(await registry.bus.call(operations.check, {}, as('nobody'))).toEqual({ status: 'ok' })
  await eventually(async () => (await history(registry, kf_id)).count === 2)
  expect(await turns(registry, kf_id)).toEqual(['created'])
})

test('the history is paged, newest first', async () => {
  const registry = await start({ HEALTH_SECONDS: '3600' })
  const service = await taskService()
  const kf_id = await register(registry, service.url)
  for (let count = 1; count <= 3; count += 1) {
    await eventually(async () => (await history(registry, kf_id)).count === count)
    service.on('status', { status: 500 + count })
    await registry.bus.call(operations.check, {}, as('nobody'))
  }
  await eventually(async () => (await history(registry, kf_id)).count === 4)
  const first = await history(registry, kf_id, { limit: 3, parameters: { limit: ['3'] } })
  expect(operations.history.output.parse(first)).toEqual(first)
  expect(first).toMatchObject({
    count: 4,
    next: `${baseUrl}/task-services/${kf_id}/health-checks?limit=3&offset=3`,
    previous: null,
    results: [503, 502, 501].map(status => ({ ok: false, detail: `answered with status ${status}` })),
  })
  const last = await history(registry, kf_id, { limit: 3, offset: 3 })
  expect(last.results).toMatchObject([{ ok: true, detail: null }])
})

test('a service on the bus is checked there', async () => {
  const registry = await start({ HEALTH_SECONDS: '0.05', REQUEST_TIMEOUT: '1' })
  let status = 200
  await registry.bus.serveRaw('exports.status', 'exports', async () => ({
    status,
    body: { raw: '{"name":"exports"}' },
  }))
  const kf_id = await register(registry, 'nats://exports')
  await eventually(async () => (await history(registry, kf_id)).count > 1)
  expect((await history(registry, kf_id)).results[0]).toMatchObject({ ok: true })
  status = 500
  await eventually(async () => (await get(registry, kf_id)).health_status === 'down')
})

test('checks carry the service token, registrations only its user agent', async () => {
  const auth = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: 'hush', expires_in: 3600 }))
  }).listen(0, '127.0.0.1')
  await once(auth, 'listening')
  opened.defer(() => void auth.close().closeAllConnections())
  const registry = await start({
    AUTH0_DOMAIN: `http://127.0.0.1:${(auth.address() as AddressInfo).port}`,
    AUTH0_CLIENT: 'registry',
    AUTH0_SECRET: 'secret',
  })
  const service = await taskService()
  const kf_id = await register(registry, service.url)
  await eventually(async () => (await history(registry, kf_id)).count === 1)
  const [registration, check] = service.received('status')
  expect(registration?.headers.authorization).toBeUndefined()
  expect(registration?.headers['user-agent']).toBe('ReleaseCoordinator/production (python-requests)')
  expect(check?.headers).toMatchObject({
    authorization: 'Bearer hush',
    'user-agent': 'ReleaseCoordinator/production (python-requests)',
  })
})

test('without internal addresses a service on loopback is refused', async () => {
  const registry = await start({ ALLOW_INTERNAL_ADDRESSES: 'false' })
  const service = await taskService()
  await expect(register(registry, service.url)).rejects.toMatchObject({ code: 'invalid' })
  expect(service.requests).toEqual([])
})

test('stopping gives back the checks that hang', async () => {
  const registry = await startRegistry({ HEALTH_SECONDS: '0.05', REQUEST_TIMEOUT: '600' })
  opened.use(registry)
  const service = await taskService()
  const kf_id = await register(registry, service.url)
  service.on('status', { fault: 'silent' })
  const leased = () => sql(registry.store, 'select from task_service where check_lease is not null')
  const asked = service.received('status').length
  await eventually(() => service.received('status').length > asked)
  expect(await leased()).toHaveLength(1)
  await registry.stopServices()
  expect(await leased()).toHaveLength(0)
  expect(await sql(registry.store, 'select from health_check where not ok and task_service = $1', kf_id)).toEqual([])
})
