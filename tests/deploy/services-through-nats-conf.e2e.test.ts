import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ServiceName, serviceNames } from '@slipway/contracts'
import type { NatsServer, PostgresServer } from '@slipway/servers'
import { eventually, type ScriptedTaskService, scriptedTaskService, startOwnPostgres } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DeployedService, startDeployedService } from './deployed-service.ts'
import { natsUrl, startDeployedNats } from './nats-users.ts'

const token = 'deployed-admin-token'
const services = {} as Record<ServiceName, DeployedService>

let postgres: PostgresServer
let nats: NatsServer
let dataService: Server
let taskService: ScriptedTaskService

beforeAll(async () => {
  ;[postgres, nats] = await Promise.all([startOwnPostgres(), startDeployedNats()])
  dataService = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ results: [{ kf_id: 'SD_00000001', name: 'A study', visible: true }] }))
  })
  await new Promise<void>(resolve => dataService.listen(0, '127.0.0.1', resolve))
  const { port } = dataService.address() as AddressInfo
  const own: Partial<Record<ServiceName, Record<string, string>>> = {
    coordinator: { DATASERVICE_URL: `http://127.0.0.1:${port}`, TASK_POLL_SECONDS: '0.2' },
    gateway: { SLIPWAY_HOST: '127.0.0.1', SLIPWAY_PORT: '0', SLIPWAY_ADMIN_TOKEN: token },
  }
  await Promise.all(
    serviceNames.map(async name => {
      services[name] = await startDeployedService(name, {
        DATABASE_URL: await postgres.ensureDatabase(`slipway_${name}`),
        NATS_URL: natsUrl(nats, name),
        ...own[name],
      })
    }),
  )
  taskService = await scriptedTaskService({ reportsTo: { url: `http://127.0.0.1:${services.gateway.port}`, token } })
})

afterAll(async () => {
  for (const service of Object.values(services)) await service[Symbol.asyncDispose]()
  await taskService?.[Symbol.asyncDispose]()
  dataService?.close()
  await nats?.[Symbol.asyncDispose]()
  await postgres?.[Symbol.asyncDispose]()
})

async function api<Body>(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
  const response = await fetch(`http://127.0.0.1:${services.gateway.port}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Body }
}

describe('the services, with the users and permissions of nats.conf', () => {
  it('carry a release from its studies to its publication', async () => {
    expect((await api('POST', '/studies/sync')).status).toBe(200)
    const registered = await api('POST', '/task-services', {
      name: 'a task service',
      description: 'of a test',
      author: 'admin',
      url: taskService.url,
    })
    expect(registered.status).toBe(201)
    const own = { name: 'exporter', description: 'of the platform', author: 'admin' }
    expect((await api('POST', '/task-services', { ...own, url: 'nats://slipway-tasks.exporter' })).status).toBe(201)

    // The coordinator asks the registry which task services there are; that call is one that has to be permitted.
    const { status, body: release } = await api<{ kf_id: string }>('POST', '/releases', {
      name: 'a release',
      studies: ['SD_00000001'],
    })
    expect(status).toBe(201)
    const state = async () => (await api<{ state: string }>('GET', `/releases/${release.kf_id}`)).body.state
    await eventually(async () => expect(await state()).toBe('staged'))
    expect((await api('POST', `/releases/${release.kf_id}/publish`)).status).toBe(200)
    await eventually(async () => expect(await state()).toBe('published'))
    expect(taskService.received('publish')).toHaveLength(1)
  })

  it('are never refused anything', () => {
    for (const name of serviceNames) {
      expect(
        services[name].lines.filter(line => /permissions violation/i.test(line)),
        name,
      ).toEqual([])
    }
  })

  it.each(['registry', 'coordinator', 'catalog', 'exporter', 'gateway'] as const)(
    '%s stops cleanly on SIGTERM',
    async name => {
      expect(await services[name].stop()).toEqual({ code: 0, signal: null })
    },
  )
})
