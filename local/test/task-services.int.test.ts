import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { registerTaskServices } from '../src/platform/task-services.ts'

/** Addresses of task services, newest first, as the registry lists them. */
let registered: string[] = []
const requests: { readonly authorization: string | undefined; readonly body: unknown }[] = []
let refusal: { readonly status: number; readonly text: string } | undefined
/** How often the refusal is said; then there is none. */
let refusals = 0

const server = createServer(async (request: IncomingMessage, response) => {
  response.setHeader('content-type', 'application/json')
  if (request.method === 'POST') {
    const body = (await json(request)) as { readonly url: string }
    requests.push({ authorization: request.headers.authorization, body })
    const said = refusals-- > 0 ? refusal : undefined
    if (!said) registered.unshift(body.url)
    response.writeHead(said?.status ?? 201).end(said?.text ?? '{}')
    return
  }
  const offset = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('offset'))
  const results = registered.slice(offset, offset + 100).map(url => ({ url }))
  const next = offset + 100 < registered.length ? 'http://localhost/next' : null
  response.end(JSON.stringify({ count: registered.length, next, previous: null, results }))
})
let url = ''

beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())
beforeEach(() => {
  registered = []
  requests.length = 0
  refusals = 0
})

it('registers what is not registered yet, with whatever the administrator has', async () => {
  expect(await registerTaskServices(url, ['exporter'], { token: 'T' })).toEqual([])
  expect(requests).toMatchObject([
    { authorization: 'Bearer T', body: { name: 'exporter', url: 'nats://slipway-tasks.exporter' } },
  ])
  expect(await registerTaskServices(url, ['exporter', 'catalog'], { password: 'P' })).toEqual([])
  expect(requests.slice(1)).toMatchObject([{ authorization: `Basic ${btoa('admin:P')}`, body: { name: 'catalog' } }])
})

it('finds one among many, and leaves it as it is', async () => {
  registered = Array.from({ length: 150 }, (_, index) => `http://localhost:${index}`)
  registered.push('nats://slipway-tasks.exporter')
  expect(await registerTaskServices(url, ['exporter'], { token: 'T' })).toEqual([])
  expect(requests).toEqual([])
})

it('says which it may not register, and why one was refused', async () => {
  expect(await registerTaskServices(url, ['exporter', 'catalog'], {})).toEqual(['exporter', 'catalog'])
  refusal = { status: 403, text: '{"detail":"Must be a developer"}' }
  refusals = 1
  await expect(registerTaskServices(url, ['exporter'], { token: 'T' })).rejects.toThrow(
    'SLIPWAY_TASK_SERVICES: exporter could not be registered: status 403, {"detail":"Must be a developer"}',
  )
})

it('waits for one that does not answer yet, for a while', async () => {
  refusal = { status: 400, text: '{"url":["could not reach it"]}' }
  refusals = 2
  expect(await registerTaskServices(url, ['exporter', 'catalog'], { token: 'T' })).toEqual([])
  expect(registered).toEqual(['nats://slipway-tasks.catalog', 'nats://slipway-tasks.exporter'])
  registered = []
  refusals = 1_000
  await expect(registerTaskServices(url, ['exporter'], { token: 'T' }, { patienceMs: 300 })).rejects.toThrow(
    'SLIPWAY_TASK_SERVICES: exporter could not be registered: status 400, {"url":["could not reach it"]}',
  )
  const giveUp = AbortSignal.timeout(300)
  await expect(registerTaskServices(url, ['exporter'], { token: 'T' }, { signal: giveUp })).rejects.toThrow(/aborted/)
})
