import type { TaskServiceStep } from '@slipway/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { api } from './support/api.ts'
import { statusAndBody } from './support/http-client.ts'
import type { TaskService } from './support/resources.ts'
import { type Participant, participant } from './support/saga.ts'

const { anonymous, dev } = api
let service: Participant
beforeAll(async () => {
  service = await participant(api)
})
beforeEach(() => service.on('status', { says: { name: 'good' } }))
afterAll(() => service[Symbol.asyncDispose]())

const body = (url = service.url) => ({ name: 'n', description: 'd', author: 'a', url, enabled: false })

/** Registers a service, takes it away again, and tells what was answered. */
async function register(url?: string) {
  const answer = await dev.post<TaskService>('/task-services', body(url))
  if (answer.status === 201) await dev.delete(`/task-services/${answer.body.kf_id}`)
  return answer
}

const unreachable = (said: RegExp | string = '') => {
  const text = `could not reach ${service.url}: `
  return { url: [typeof said === 'string' ? expect.stringContaining(text + said) : expect.stringMatching(said)] }
}
const unexpected = (why: string) => ({
  url: [`${service.url} did not return the expected /status response: ${why}`],
})

describe('the status page of a task service that is registered', () => {
  test.each<[string, TaskServiceStep]>([
    ['with a name', { body: { name: 'etl', version: '1.0.0' } }],
    ['with the letters of a name anywhere', { body: { message: { name: 'snapshot task' } } }],
    ['with them in plain text', { body: 'my name is etl', headers: { 'content-type': 'text/plain' } }],
    ['with them in a longer word', { body: { hostname: 'x' } }],
    ['that takes its time', { delayMs: 500, says: { name: 'slow' } }],
  ])('may be one %s', async (_what, step) => {
    service.on('status', step)
    const { status, text } = await register()
    expect(status, text).toBe(201)
  })

  test('may be somewhere else', async () => {
    service.on('status', { fault: 'redirect', location: '/status' }, { says: { name: 'there' } })
    expect((await register()).status).toBe(201)
  })

  test.each<[string, TaskServiceStep, () => object]>([
    ['says nothing of a name', { body: { status: 'ok' } }, () => unexpected("no 'name' in body")],
    ['is empty', { fault: 'empty' }, () => unexpected("no 'name' in body")],
    ['is a 201', { status: 201, says: { name: 'x' } }, () => unexpected('response did not return with 200')],
    ['is a 204', { status: 204, body: '' }, () => unexpected('response did not return with 200')],
    ['is a 304', { status: 304, body: '' }, () => unexpected('response did not return with 200')],
    ['is a 404', { status: 404, says: { name: 'x' } }, () => unreachable('404')],
    ['is a 401', { status: 401, says: { name: 'x' } }, () => unreachable('401')],
    ['is a 500', { status: 500, says: { name: 'x' } }, () => unreachable('500')],
    ['is a 503', { status: 503, says: { name: 'x' } }, () => unreachable('503')],
    ['never comes', { fault: 'silent' }, () => unreachable()],
    ['breaks off', { fault: 'reset' }, () => unreachable()],
    ['leads in circles', { fault: 'redirect', location: '/status' }, () => unreachable()],
    ['is ten megabytes', { fault: 'huge', says: { title: 'x' } }, () => ({ url: [expect.any(String)] })],
  ])('is refused when it %s', async (_what, step, said) => {
    service.on('status', step)
    expect(statusAndBody(await register())).toEqual([400, said()])
  })

  test('is refused when there is nobody', async () => {
    const gone = 'http://127.0.0.1:1'
    expect(statusAndBody(await register(gone))).toEqual([
      400,
      { url: [expect.stringMatching(/^could not reach http:\/\/127\.0\.0\.1:1: .+/)] },
    ])
    const unknown = 'http://no-such-host.invalid'
    expect(statusAndBody(await register(unknown))).toEqual([
      400,
      { url: [expect.stringMatching(/^could not reach http:\/\/no-such-host\.invalid: .+/)] },
    ])
  })

  test('is not looked for at addresses of cloud metadata', async () => {
    const { status, body: said } = await register('http://169.254.169.254/latest')
    expect([status, Object.keys(said)]).toEqual([400, ['url']])
  })

  test('is asked for below the url as it stands, without the token', async () => {
    const before = service.requests.length
    const url = `${service.url}/base//?c=`
    const { status, body: made } = await register(url)
    expect([status, made.url]).toEqual([201, url])
    const [request] = service.requests.slice(before).filter(({ action }) => action !== 'status')
    expect(request?.action).toBe('GET /base//?c=/status')
    expect(request?.headers).not.toHaveProperty('authorization')
  })

  test('is not asked for when the url is no URL', async () => {
    const before = service.requests.length
    expect((await register('nonsense')).status).toBe(400)
    expect(service.requests.slice(before).filter(({ action }) => action !== 'status')).toEqual([])
  })
})

describe('a change of a task service', () => {
  const path = () => `/task-services/${service.id}`
  const setUp = (step: TaskServiceStep) => service.on('status', step)

  test('with its url, also the same, looks at the status page', async () => {
    setUp({ status: 500 })
    expect(statusAndBody(await dev.patch(path(), { url: service.url }))).toEqual([400, unreachable('500')])
    expect(statusAndBody(await dev.put(path(), body()))).toEqual([400, unreachable('500')])
    setUp({ says: { name: 'good' } })
    expect((await dev.patch(path(), { url: service.url })).status).toBe(200)
    expect((await dev.put(path(), body())).status).toBe(200)
  })

  test('without it does not, so that a dead service can be disabled', async () => {
    await dev.patch(path(), { enabled: true })
    await service.refuse()
    try {
      expect(await dev.patch(path(), { enabled: false, name: 'dead' })).toMatchObject({
        status: 200,
        body: { enabled: false, name: 'dead' },
      })
      expect(statusAndBody(await dev.patch(path(), { url: service.url, name: 'x' }))).toEqual([400, unreachable()])
      expect((await anonymous.get<TaskService>(path())).body.name).toBe('dead')
    } finally {
      await service.accept()
    }
  })

  test('with other faults tells of them, too', async () => {
    const { status, body: said } = await dev.patch(path(), { name: '', url: 'nonsense' })
    expect([status, said]).toEqual([400, { name: ['This field may not be blank.'], url: ['Enter a valid URL.'] }])
  })
})
