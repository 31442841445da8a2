import { request } from 'node:http'
import { serviceNames } from '@slipway/contracts'
import { openStore } from '@slipway/store'
import { captureLog, httpExchange, unfitColumns } from '@slipway/testing'
import { expect, test } from 'vitest'
import { startTestPlatform } from '../support/start-test-platform.ts'
import { type BadRequest, badRequests } from './support/bad-requests.ts'
import { type DescribedOperation, describedOperations } from './support/described-operations.ts'

const token = 'administrator-token'
/** Requests under way at the same time. */
const atOnce = 16

test('no address, header or body that is none breaks a path, or leaves something behind', async () => {
  await using platform = await startTestPlatform({
    adminToken: token,
    environment: { ...process.env, RATE_LIMIT: '0' },
  })
  const { url } = platform
  const as = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const post = async (path: string, body: object) => {
    const answer = await httpExchange(url, 'POST', path, { headers: as, body: JSON.stringify(body) })
    expect(answer.status, path).toBe(201)
    return answer.body as { id: string }
  }
  await post('/api/v1/accounts', { login: 'odd' })
  const webhook = await post('/webhooks', { url: 'https://example.org/hook', enabled: false })
  const apiToken = await post('/api/v1/users/me/tokens', { name: 'odd' })

  const known = (name: string, { api, path }: DescribedOperation): string => {
    if (api === 'webhooks' && name === 'id') return webhook.id
    if (path.includes('/tokens/')) return apiToken.id
    if (name === 'login' || name === 'user') return 'odd'
    return /id$/i.test(name) ? '1' : 'x'
  }
  const seen = new Set<string>()
  const requests = (await describedOperations(url))
    // Those that would end what the others are made for, or wait for the data service.
    .filter(({ method, path }) => method !== 'DELETE' || !/accounts|tokens|webhooks|users/.test(path))
    .flatMap(operation => {
      const { api, method } = operation
      const isFirst = !seen.has(`${api} ${method}`)
      seen.add(`${api} ${method}`)
      return [...badRequests(operation, known, `${api === 'release-schedules' ? 'Token' : 'Bearer'} ${token}`, isFirst)]
    })
  expect(requests.length).toBeGreaterThan(3_000)

  const faults: string[] = []
  const left = requests.values()
  const send = async () => {
    for (const bad of left) {
      const status = await statusOf(url, bad)
      if (status >= 500) faults.push(`${bad.what}: ${status}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, send))
  expect(faults).toEqual([])

  for (const service of serviceNames) {
    await using store = await openStore({ url: platform.databaseUrl(service), log: captureLog().log, name: 'test' })
    expect(await unfitColumns(store), service).toEqual([])
  }
})

/** Sent as it is written; the answer is not read, for some have no end. */
function statusOf(url: string, { method, path, headers, body }: BadRequest): Promise<number> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const length = body && { 'content-length': String(body.length) }
    const outgoing = request({ hostname, port, method, path, headers: { ...headers, ...length } }, answer => {
      resolve(answer.statusCode ?? 0)
      if (answer.headers['content-type'] === 'text/event-stream') answer.destroy()
      else answer.resume()
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
