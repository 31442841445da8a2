import { type ServiceName, serviceNames } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { platformOfFile } from '../support/platform-of-file.ts'

const token = 'an-administrator-of-the-tests-of-trouble'
const file = platformOfFile(
  () => ({ adminToken: token, ownPostgres: true }),
  url => url,
)

let admin: pg.Client
beforeAll(async () => {
  admin = new pg.Client({
    connectionString: file.platform.postgres?.url,
    options: '-c default_transaction_read_only=off',
  })
  await admin.connect()
})
afterAll(() => admin?.end())

const database = (service: ServiceName) => `slipway_${service}`

/** Changes every database of the platform, and has all sessions begun anew. */
async function alterAll(what: string): Promise<void> {
  for (const service of serviceNames) await admin.query(`alter database ${database(service)} ${what}`)
  await endSessions()
}

async function endSessions(): Promise<void> {
  await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname like 'slipway_%'`)
}

const json = { 'content-type': 'application/json' }
const platformToken = { authorization: `Bearer ${token}`, ...json }
const djangoToken = { authorization: `Token ${token}`, ...json }

type Call = readonly [
  api: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: unknown,
  shape: unknown,
]

const detail = { detail: expect.any(String) }
/** A write in each API, as its clients send it, and the shape in which it reports failures. */
const writes: readonly Call[] = [
  ['coordinator', 'POST', '/events', platformToken, { event_type: 'info', message: 'm' }, detail],
  [
    'registry',
    'POST',
    '/task-services',
    platformToken,
    { name: 'T', description: 'd', author: 'a', url: 'nats://slipway-tasks.exporter' },
    detail,
  ],
  ['schedules', 'POST', '/rest_api/v1/products/', djangoToken, { name: 'Fedora', short: 'fedora' }, detail],
  [
    'packages',
    'POST',
    '/api/releasePackages',
    platformToken,
    { name: 'P', description: 'd', member: { key: 'IHTSDO' } },
    { status: 503, error: 'Service Unavailable', path: '/api/releasePackages' },
  ],
  ['exports', 'POST', '/orgs/', djangoToken, { id: 'Org', name: 'Org' }, detail],
  [
    'tasks',
    'POST',
    '/api/v1/tasks/publish-versions',
    { 'genestack-api-token': token, ...json },
    {},
    { error: { message: expect.any(String) } },
  ],
  [
    'accounts',
    'POST',
    '/api/v1/accounts',
    platformToken,
    { login: 'new', password: 'a long password' },
    { error: { code: 'unavailable' } },
  ],
]

async function send([, method, path, headers, body]: Call) {
  const answer = await fetch(`${file.url}${path}`, { method, headers, body: JSON.stringify(body) })
  const text = await answer.text()
  return { status: answer.status, retryAfter: Number(answer.headers.get('retry-after')), text }
}

async function readiness(service: ServiceName) {
  const process = file.platform.processes.find(candidate => candidate.service === service)
  const port = service === 'gateway' ? new URL(file.url).port : process?.port
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
  return { status: answer.status, text: await answer.text() }
}

describe('databases in which nothing may be written', () => {
  beforeAll(() => alterAll('set default_transaction_read_only = on'))

  test.each(writes)('%s: %s %s is told to come later, in its own shape', async (...call) => {
    const answer = await send(call)
    expect(answer, answer.text).toMatchObject({ status: 503 })
    expect(answer.retryAfter).toBeGreaterThan(0)
    expect(JSON.parse(answer.text)).toMatchObject(call[5] as object)
  })

  test.each(['/releases', '/task-services', '/rest_api/v1/products/', '/orgs/', '/api/releasePackages'])(
    '%s is read all the same',
    async path => {
      expect((await fetch(`${file.url}${path}`, { headers: platformToken })).status).toBe(200)
    },
  )

  test.each(serviceNames)('%s is not ready and says why, until it may write again', async service => {
    expect(await readiness(service)).toMatchObject({ status: 503, text: expect.stringContaining('read-only') })
  })

  test('all is well again by itself, also on sessions that began read-only', async () => {
    for (const service of serviceNames) {
      await admin.query(`alter database ${database(service)} reset default_transaction_read_only`)
    }
    for (const service of serviceNames) {
      await eventually(async () => (await readiness(service)).status === 200)
    }
    for (const call of writes) expect(await send(call)).not.toMatchObject({ status: 503 })
  })
})

test('databases that take no connections: every write and read is told to come later', async () => {
  await alterAll('allow_connections false')
  for (const call of writes) {
    const answer = await send(call)
    expect(answer, `${call[2]} ${answer.text}`).toMatchObject({ status: 503 })
    expect(answer.retryAfter).toBeGreaterThan(0)
  }
  for (const service of serviceNames) expect((await readiness(service)).status).toBe(503)
  for (const service of serviceNames) await admin.query(`alter database ${database(service)} allow_connections true`)
  for (const service of serviceNames) {
    await eventually(async () => (await readiness(service)).status === 200)
  }
  // Nothing of it ended a service.
  const started = file.platform.processes.map(({ service }) => service).sort()
  expect(started).toEqual([...serviceNames].sort())
})
