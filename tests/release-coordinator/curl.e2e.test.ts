import { beforeAll, describe, expect, test } from 'vitest'
import { api, url } from './support/api.ts'
import { callers } from './support/callers.ts'
import { given } from './support/given.ts'
import { httpClient, statusAndBody } from './support/http-client.ts'
import {
  type LogEvent,
  type Page,
  type Release,
  type ReleaseNote,
  studies,
  type Task,
  type TaskService,
} from './support/resources.ts'
import { type Participant, participant, reaches, runningRelease, taskOf } from './support/saga.ts'

/**
 * The documented examples as they stand: `curl -H 'Accept: application/json' --data-raw '{…}'`, which labels JSON as a
 * form, with the line breaks of the page. A token is what the examples leave out.
 */

const client = httpClient(url)
let service: Participant
let release: Release
beforeAll(async () => {
  service = await participant(api)
  const { kf_id } = await given(api).release({ studies: [studies.cats] })
  release = await reaches(api, kf_id, 'staged')
  return () => service[Symbol.asyncDispose]()
})

function curl<Body>(method: string, path: string, data?: object | string) {
  const text = typeof data === 'object' ? JSON.stringify(data, null, 4).replaceAll('\n', '\n\n') : data
  return client.send<Body>(method, path, {
    headers: {
      'user-agent': 'curl/7.54.0',
      accept: 'application/json',
      ...(method !== 'GET' && { authorization: `Bearer ${callers.admin.token}` }),
      ...(text !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(text !== undefined && { body: text }),
  })
}

describe('tasks', () => {
  test('list by release and task service', async () => {
    const task = await given(api).task({ release: release.kf_id, task_service: service.id, state: 'canceled' })
    const path = `/tasks?release=${release.kf_id}&task_service=${service.id}`
    expect(statusAndBody(await curl<Page<Task>>('GET', path))).toEqual([
      200,
      {
        count: 1,
        next: null,
        previous: null,
        results: [
          {
            kf_id: task.kf_id,
            state: 'canceled',
            progress: 0,
            release: `${url}/releases/${release.kf_id}`,
            task_service: `${url}/task-services/${service.id}`,
            created_at: task.created_at,
            service_name: 'a task service',
          },
        ],
      },
    ])
  })

  test('report', async () => {
    await using busy = await participant(api, { finishes: false })
    const running = await runningRelease(api, [busy])
    const task = taskOf(running, busy)
    const body = { state: 'staged', progress: 100 }
    expect(statusAndBody(await curl('PATCH', `/tasks/${task.kf_id}`, body))).toEqual([200, { ...task, ...body }])
    await reaches(api, running.kf_id, 'staged')
  })
})

describe('task services', () => {
  test('list of the disabled', async () => {
    const { status, body } = await curl<Page<TaskService>>('GET', '/task-services?enabled=False')
    expect([status, body.results.map(({ kf_id }) => kf_id)]).toEqual([200, expect.arrayContaining([service.id])])
  })

  test('register, read, change, delete', async () => {
    const fields = {
      name: 'Portal ETL Task Service',
      description: 'Run ETL to update ES indexes with latest data from Data Service.',
      author: 'jon',
      url: service.url,
    }
    const { status, body } = await curl<TaskService>('POST', '/task-services', fields)
    expect(status).toBe(201)
    expect(body).toEqual({
      kf_id: expect.stringMatching(/^TS_/),
      ...fields,
      last_ok_status: 0,
      health_status: 'ok',
      created_at: expect.any(String),
      enabled: true,
    })
    const path = `/task-services/${body.kf_id}`
    expect(await curl('PATCH', path, { ...fields, author: 'ann' })).toMatchObject({
      status: 200,
      body: { author: 'ann' },
    })
    expect(statusAndBody(await curl('GET', path))).toEqual([200, { ...body, author: 'ann' }])
    expect((await curl('DELETE', path)).status).toBe(204)
  })
})

describe('releases', () => {
  test('list, read, change, cancel', async () => {
    const started = await given(api).release({ name: 'Test Auth', author: 'daniel', studies: [studies.cats] })
    const path = `/releases/${started.kf_id}`
    const staged = await reaches(api, started.kf_id, 'staged')
    expect(statusAndBody(await curl('GET', path))).toEqual([200, staged])
    const listed = await curl<Page<Release>>('GET', '/releases?state=staged')
    expect(listed.body.results[0]).toEqual(staged)
    const change = { name: 'My Release', description: 'New description' }
    expect(statusAndBody(await curl('PATCH', path, change))).toEqual([200, { ...staged, ...change }])
    expect(await curl('DELETE', path)).toMatchObject({ status: 200, body: { state: 'canceling', name: 'My Release' } })
    await reaches(api, started.kf_id, 'canceled')
  })

  test('the example with a quotation mark missing is malformed', async () => {
    const broken = '{\n\n    "name": "My Release",\n\n    "description": "New description,\n\n}'
    const { status, body } = await curl('PATCH', `/releases/${release.kf_id}`, broken)
    expect([status, body]).toEqual([400, { detail: expect.stringMatching(/^JSON parse error - /) }])
  })

  test('publish is a POST', async () => {
    const { kf_id } = await given(api).release({ studies: [studies.cats] })
    await reaches(api, kf_id, 'staged')
    expect((await curl('PATCH', `/releases/${kf_id}/publish`)).status).toBe(405)
    expect(statusAndBody(await curl('POST', `/releases/${kf_id}/publish`))).toEqual([200, { message: 'publishing' }])
    await reaches(api, kf_id, 'published')
  })
})

test('release notes', async () => {
  const fields = { description: 'Probably need more cats', author: 'daniel' }
  const links = { release: release.kf_id, study: studies.cats }
  const { status, body } = await curl<ReleaseNote>('POST', '/release-notes', { ...fields, ...links })
  expect(status).toBe(201)
  expect(body).toEqual({
    kf_id: expect.stringMatching(/^RN_/),
    ...fields,
    created_at: expect.any(String),
    release: `${url}/releases/${release.kf_id}`,
    study: `${url}/studies/${studies.cats}`,
  })
  const path = `/release-notes/${body.kf_id}`
  const changed = { ...body, description: 'New description' }
  expect(statusAndBody(await curl('PATCH', path, { description: 'New description' }))).toEqual([200, changed])
  expect(statusAndBody(await curl('GET', path))).toEqual([200, changed])
  const listed = await curl<Page<ReleaseNote>>('GET', `/release-notes?study=${studies.cats}`)
  expect(listed.body.results).toContainEqual(changed)
  const pasted = 'HTTP/1.1 200 OK\n\nAllow: GET, POST, HEAD, OPTIONS\n\nVary: Accept'
  expect((await curl('DELETE', path, pasted)).status).toBe(204)
})

test('events', async () => {
  const fields = {
    event_type: 'info',
    message: `release ${release.kf_id}, version 3.35.0 changed from publishing to published`,
  }
  const { status, body } = await curl<LogEvent>('POST', '/events', { ...fields, release: release.kf_id })
  expect(status).toBe(201)
  expect(body).toEqual({
    kf_id: expect.stringMatching(/^EV_/),
    ...fields,
    release: `${url}/releases/${release.kf_id}`,
    task_service: null,
    task: null,
    created_at: expect.any(String),
  })
  const listed = await curl<Page<LogEvent>>('GET', `/events?release=${release.kf_id}`)
  expect(listed.body.results[0]).toEqual(body)
  expect(statusAndBody(await curl('GET', `/events/${body.kf_id}`))).toEqual([200, body])
  expect((await curl('DELETE', `/events/${body.kf_id}`)).status).toBe(204)
})

test('studies', async () => {
  const { status, body } = await curl<Page<object>>('GET', '/studies')
  expect([status, body.count, body.next, body.previous]).toEqual([200, 4, null, null])
})
