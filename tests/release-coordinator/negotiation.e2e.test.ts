import { beforeAll, describe, expect, test } from 'vitest'
import { api } from './support/api.ts'
import { given } from './support/given.ts'
import { statusAndBody } from './support/http-client.ts'
import { studies } from './support/resources.ts'
import { type Participant, participant, reaches } from './support/saga.ts'

const { anonymous, admin } = api
const of = { release: '', note: '', event: '', task: '', service: '' }
let service: Participant
beforeAll(async () => {
  service = await participant(api)
  of.service = service.id
  of.release = (await given(api).release()).kf_id
  await reaches(api, of.release, 'staged')
  of.note = (await given(api).note({ release: of.release })).kf_id
  of.task = (await given(api).task({ release: of.release, task_service: of.service })).kf_id
  of.event = (await given(api).event({ release: of.release })).kf_id
  return () => service[Symbol.asyncDispose]()
})

const list = 'GET, POST, HEAD, OPTIONS'
const item = 'GET, PUT, PATCH, DELETE, HEAD, OPTIONS'
const readOnly = 'GET, HEAD, OPTIONS'
const action = 'POST, OPTIONS'

/** Every path that can be read, and its `Allow`. */
const readable: readonly [() => string, string][] = [
  [() => '/tasks', 'GET, POST, HEAD'],
  [() => `/tasks/${of.task}`, 'GET, HEAD, PUT, PATCH'],
  [() => '/task-services', list],
  [() => `/task-services/${of.service}`, item],
  [() => '/releases', list],
  [() => `/releases/${of.release}`, item],
  [() => '/release-notes', list],
  [() => `/release-notes/${of.note}`, item],
  [() => '/events', list],
  [() => `/events/${of.event}`, item],
  [() => '/studies', readOnly],
  [() => `/studies/${studies.dipg}`, readOnly],
  [() => `/studies/${studies.dipg}/releases`, readOnly],
  [() => `/studies/${studies.dipg}/releases/${of.release}`, readOnly],
]
const actions = ['/task-services/health_checks', '/releases/status_checks', '/studies/sync']

describe.each(readable)('%s', (pathOf, allow) => {
  test('says what it is and what it allows', async () => {
    const { status, headers } = await anonymous.get(pathOf())
    expect(status).toBe(200)
    expect(headers).toMatchObject({ 'content-type': 'application/json', vary: 'Accept', allow })
  })

  test('answers HEAD like GET, without the body', async () => {
    const got = await anonymous.get(pathOf())
    const head = await anonymous.send('HEAD', pathOf())
    const told = ['content-type', 'content-length', 'vary', 'allow'] as const
    expect(head.status).toBe(200)
    expect(head.text).toBe('')
    for (const name of told) expect(head.headers[name], name).toBe(got.headers[name])
  })

  test('describes itself when asked by OPTIONS, unless it is of tasks', async () => {
    const answer = await anonymous.send('OPTIONS', pathOf())
    expect(answer.headers.allow).toBe(allow)
    if (pathOf().startsWith('/tasks')) {
      expect(statusAndBody(answer)).toEqual([405, { detail: 'Method "OPTIONS" not allowed.' }])
    } else {
      expect(answer.status).toBe(200)
      expect(answer.body).toMatchObject({
        name: expect.any(String),
        renders: expect.arrayContaining(['application/json']),
      })
    }
  })
})

describe('actions', () => {
  test.each([...actions, () => `/releases/${of.release}/publish`])('%s allows POST and OPTIONS', async path => {
    const { status, headers } = await anonymous.send('OPTIONS', typeof path === 'string' ? path : path())
    expect([status, headers.allow]).toEqual([200, action])
  })

  test('the check of tasks knows no OPTIONS, like all of tasks', async () => {
    const answer = await anonymous.send('OPTIONS', '/tasks/status_checks')
    expect(statusAndBody(answer)).toEqual([405, { detail: 'Method "OPTIONS" not allowed.' }])
    expect(answer.headers.allow).toMatch(/\bPOST\b/)
  })

  test.each([...actions, '/tasks/status_checks'])('%s can not be read', async path => {
    expect(statusAndBody(await anonymous.get(path))).toEqual([405, { detail: 'Method "GET" not allowed.' }])
  })
})

describe('answers to writes and errors', () => {
  test('say what is allowed, like others', async () => {
    const event = await admin.post<{ kf_id: string }>('/events', { message: 'made' })
    const answers = [
      [event, 201, list],
      [await admin.post('/events', {}), 400, list],
      [await anonymous.post('/releases', {}), 403, list],
      [await admin.get('/releases/RE_00000000'), 404, item],
      [await admin.send('PUT', '/releases'), 405, list],
      [await anonymous.send('GET', '/tasks', { headers: { accept: 'image/png' } }), 406, 'GET, POST, HEAD'],
      [await admin.delete(`/events/${event.body.kf_id}`), 204, item],
    ] as const
    for (const [{ status, headers }, expected, allow] of answers) {
      expect([status, headers.allow, headers.vary]).toEqual([expected, allow, 'Accept'])
      expect(headers).not.toHaveProperty('www-authenticate')
    }
  })

  test('a record that was made has no Location', async () => {
    const { status, headers } = await admin.post('/events', { message: 'made' })
    expect(status).toBe(201)
    expect(headers['content-type']).toBe('application/json')
    expect(headers).not.toHaveProperty('location')
  })

  test('a deletion has no body', async () => {
    const { kf_id } = await given(api).event()
    const { status, text, headers } = await admin.delete(`/events/${kf_id}`)
    expect([status, text]).toEqual([204, ''])
    expect(headers).not.toHaveProperty('content-type')
  })
})

describe('Accept', () => {
  test.each([
    'application/json',
    '*/*',
    'application/*',
    'application/json, text/plain, */*',
    'APPLICATION/JSON',
    'application/json;q=0.9, text/csv',
    'text/csv, */*;q=0.1',
    'application/json; charset=utf-8',
  ])('%s gets JSON', async accept => {
    const { status, headers, body } = await anonymous.send('GET', '/releases?limit=1', { headers: { accept } })
    expect([status, headers['content-type']]).toEqual([200, 'application/json'])
    expect(body).toHaveProperty('results')
  })

  test.each(['application/xml', 'text/csv', 'image/*', 'text/csv, application/pdf'])('%s gets 406', async accept => {
    const refused = { detail: 'Could not satisfy the request Accept header.' }
    const headers = { accept, 'content-type': 'application/json' }
    expect(statusAndBody(await anonymous.send('GET', '/releases', { headers }))).toEqual([406, refused])
    const { kf_id } = await given(api).event()
    expect(statusAndBody(await admin.send('DELETE', `/events/${kf_id}`, { headers }))).toEqual([406, refused])
    expect((await anonymous.get(`/events/${kf_id}`)).status, 'nothing was deleted').toBe(200)
  })

  test("a browser's gets an answer", async () => {
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'
    expect((await anonymous.send('GET', '/releases', { headers: { accept } })).status).toBe(200)
  })
})
