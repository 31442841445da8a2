import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { listen, readBody } from './http-listener.ts'
import { type ScriptedTaskService, scriptedTaskService } from './scripted-task-service.ts'

const taskId = 'TA_00000001'
let service: ScriptedTaskService

beforeEach(async () => {
  service = await scriptedTaskService()
})

afterEach(() => service[Symbol.asyncDispose]())

function send(action: string, to = service, init: RequestInit = {}): Promise<Response> {
  return fetch(`${to.url}/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer t' },
    body: JSON.stringify({ action, task_id: taskId, release_id: 'RE_00000001', studies: ['SD_00000001'] }),
    ...init,
  })
}

const stateAfter = async (action: string) => ((await (await send(action)).json()) as { state: string }).state

describe('a well-behaved task service', () => {
  test('accepts every action, and has done the work by the time it is asked', async () => {
    expect(await stateAfter('initialize')).toBe('initialized')
    expect(await stateAfter('start')).toBe('running')
    expect(await (await send('get_status')).json()).toMatchObject({ task_id: taskId, state: 'staged', progress: 100 })
    expect(await stateAfter('publish')).toBe('publishing')
    expect(await stateAfter('get_status')).toBe('published')
  })

  test('is healthy, and remembers every request', async () => {
    expect((await fetch(`${service.url}/status`)).status).toBe(200)
    await send('initialize')
    expect(service.requests.map(request => request.action)).toEqual(['status', 'initialize'])
    expect(service.received('initialize', taskId)).toMatchObject([
      { taskId, releaseId: 'RE_00000001', studies: ['SD_00000001'], headers: { authorization: 'Bearer t' } },
    ])
    expect(service.received('initialize', 'TA_other')).toEqual([])
  })

  test('works on until it is told to finish, if so asked', async () => {
    await using slow = await scriptedTaskService({ finishes: false })
    await send('start', slow)
    expect(slow.stateOf(taskId)).toBe('running')
    await slow.finish(taskId)
    expect(slow.stateOf(taskId)).toBe('staged')
  })

  test('reports to the coordinator when it is done, with its token', async () => {
    const reports: unknown[] = []
    const coordinator = await listen(async (request, response) => {
      reports.push([request.method, request.url, request.headers.authorization, JSON.parse(await readBody(request))])
      response.end('{}')
    })
    await using reporting = await scriptedTaskService({
      reportsTo: { url: `http://127.0.0.1:${coordinator.port}`, token: 'secret' },
    })
    reporting.on('start', { reportFirst: { progress: 5 } })
    await send('start', reporting)
    await eventually(() => reports.length === 2)
    expect(reports).toEqual([
      ['PATCH', `/tasks/${taskId}`, 'Bearer secret', { progress: 5 }],
      ['PATCH', `/tasks/${taskId}`, 'Bearer secret', { state: 'staged', progress: 100 }],
    ])
    await coordinator.close()
  })
})

describe('a scripted task service', () => {
  test('plays its steps in order and repeats the last one; then behaves well again', async () => {
    service.on('start', { status: 503 }, { status: 400, body: { detail: 'no' } })
    expect((await send('start')).status).toBe(503)
    expect((await send('start')).status).toBe(400)
    expect(await (await send('start')).json()).toEqual({ detail: 'no' })
    expect(service.stateOf(taskId)).toBeUndefined()
    service.on('start')
    expect(await stateAfter('start')).toBe('running')
  })

  test('lies about its state', async () => {
    service.on('start', { says: { state: 'published', progress: '7%' } })
    expect(await (await send('start')).json()).toMatchObject({ state: 'published', progress: '7%' })
  })

  test('lets its caller wait, for a while or for ever', async () => {
    service.on('get_status', { delayMs: 150 }, { fault: 'silent' })
    const start = performance.now()
    await send('get_status')
    expect(performance.now() - start).toBeGreaterThanOrEqual(140)
    const givesUp = new AbortController()
    const waiting = send('get_status', service, { signal: givesUp.signal })
    await Promise.race([waiting, eventually(() => service.received('get_status').length === 2)])
    givesUp.abort()
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('redirects', async () => {
    service.on('start', { fault: 'redirect' })
    const response = await send('start', service, { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([302, '/elsewhere'])
  })

  test('answers with much, with nothing, or breaks off', async () => {
    service.on('start', { fault: 'huge' }, { fault: 'empty' }, { fault: 'truncated' }, { fault: 'reset' })
    expect((await (await send('start')).text()).length).toBeGreaterThan(10 * 1024 * 1024)
    const empty = await send('start')
    expect([empty.status, await empty.text()]).toEqual([200, ''])
    const truncated = await send('start')
    expect(truncated.status).toBe(200)
    await expect(truncated.text()).rejects.toThrow()
    await expect(send('start')).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
  })

  test('refuses connections, and takes them again at the same address', async () => {
    await service.refuse()
    await expect(send('start')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    await service.accept()
    expect(await stateAfter('start')).toBe('running')
  })
})
