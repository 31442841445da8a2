import { eventually } from '@slipway/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { api, url } from './support/api.ts'
import { booleanFaults, refusesFields, textFaults } from './support/field-faults.ts'
import { given } from './support/given.ts'
import { statusAndBody } from './support/http-client.ts'
import { type LogEvent, type ReleaseNote, studies, type Task, type TaskService } from './support/resources.ts'
import { type Participant, participant, reaches } from './support/saga.ts'

const { anonymous, admin, dev } = api
let release: string
let service: Participant
let note: ReleaseNote
let event: LogEvent
let task: Task
beforeAll(async () => {
  service = await participant(api)
  release = (await given(api).release()).kf_id
  await reaches(api, release, 'staged')
  note = await given(api).note({ release })
  event = await given(api).event({ release })
  task = await given(api).task({ release, task_service: service.id })
  return () => service[Symbol.asyncDispose]()
})
const links = () => ({ release, task_service: service.id })

describe('a task service', () => {
  const good = () => ({ name: 'good', description: 'good', author: 'good', url: service.url, enabled: false })
  refusesFields(
    dev,
    {
      name: textFaults(100, { isRequired: true }),
      description: textFaults(500, { isRequired: true }),
      author: textFaults(100, { isRequired: true }),
      url: [
        ...textFaults(200, { isRequired: true }).filter(([value]) => typeof value !== 'string' || value.length <= 200),
        [`http://${'x'.repeat(194)}`, ['Ensure this field has no more than 200 characters.']],
        ['ftp://example.org', ['Enter a valid URL.']],
        ['example.org', ['Enter a valid URL.']],
        ['//127.0.0.1', ['Enter a valid URL.']],
      ],
      enabled: booleanFaults,
    },
    { list: '/task-services', item: () => `/task-services/${service.id}`, good },
  )

  test('takes part and is healthy unless told otherwise', async () => {
    const { enabled: _enabled, ...rest } = good()
    const { status, body } = await dev.post<TaskService>('/task-services', {
      ...rest,
      last_ok_status: 7,
      health_status: 'down',
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({ ...rest, enabled: true, last_ok_status: 0, health_status: 'ok' })
    expect(statusAndBody(await dev.delete(`/task-services/${body.kf_id}`))).toEqual([204, undefined])
    expect((await anonymous.get(`/task-services/${body.kf_id}`)).status).toBe(404)
  })

  test('is changed field by field', async () => {
    const path = `/task-services/${service.id}`
    const before = (await anonymous.get<TaskService>(path)).body
    const changes = { name: 'Portal ETL', description: 'x'.repeat(500), author: 'a'.repeat(100) }
    const { body } = await dev.patch<TaskService>(path, { ...changes, last_ok_status: 99 })
    expect(body).toMatchObject({ ...before, ...changes, last_ok_status: expect.any(Number) })
    expect(body.last_ok_status).toBeLessThan(99)
  })

  test('gives its tasks its present name', async () => {
    await dev.patch(`/task-services/${service.id}`, { name: 'Renamed' })
    const since = performance.now()
    await eventually(async () => (await anonymous.get<Task>(`/tasks/${task.kf_id}`)).body.service_name === 'Renamed', {
      everyMs: 5,
    })
    console.info(`the new name of a task service shows on its tasks after ${Math.round(performance.now() - since)} ms`)
  })
})

describe('a release note', () => {
  refusesFields(
    admin,
    { description: textFaults(5000, { isRequired: true }), author: textFaults(100) },
    { list: '/release-notes', item: () => `/release-notes/${note.kf_id}`, good: () => ({ description: 'x', release }) },
  )

  test('has defaults, is changed and deleted', async () => {
    const made = await given(api).note({ release, ...{ description: 'Probably need more cats' } })
    expect(made).toMatchObject({ description: 'Probably need more cats', author: 'admin', study: null })
    const path = `/release-notes/${made.kf_id}`
    const patched = await admin.patch(path, { description: 'New description' })
    expect([patched.status, patched.body]).toEqual([200, { ...made, description: 'New description' }])
    const put = await admin.put(path, { description: 'd', author: 'daniel', release, study: studies.cats })
    expect(put).toMatchObject({ status: 200, body: { author: 'daniel', study: `${url}/studies/${studies.cats}` } })
    expect(statusAndBody(await admin.put(path, { author: 'x' }))).toEqual([
      400,
      { description: ['This field is required.'], release: ['This field is required.'] },
    ])
    expect(statusAndBody(await admin.delete(path))).toEqual([204, undefined])
    expect((await anonymous.get(path)).status).toBe(404)
  })

  test('may be about a study that is not in its release', async () => {
    const { status } = await admin.post('/release-notes', { description: 'x', release, study: studies.birds })
    expect(status).toBe(201)
  })
})

describe('an event', () => {
  refusesFields(
    admin,
    {
      message: textFaults(1000, { isRequired: true }),
      event_type: [
        ['foo', ['"foo" is not a valid choice.']],
        ['INFO', ['"INFO" is not a valid choice.']],
        [null, ['This field may not be null.']],
      ],
    },
    { list: '/events', item: () => `/events/${event.kf_id}`, good: () => ({ message: 'x' }) },
  )

  test.each(['info', 'warning', 'error'])('may be of type %s', async event_type => {
    expect(await given(api).event({ event_type, message: 'm'.repeat(1000) })).toMatchObject({ event_type })
  })

  test('is of type info and about nothing unless told otherwise; a study is ignored', async () => {
    const { status, body } = await anonymous.post<LogEvent>('/events', { message: 'posted', study: 'no such study' })
    expect(status).toBe(201)
    expect(body).toEqual({
      kf_id: expect.stringMatching(/^EV_/),
      event_type: 'info',
      message: 'posted',
      release: null,
      task_service: null,
      task: null,
      created_at: expect.any(String),
    })
    const path = `/events/${body.kf_id}`
    expect(await admin.patch(path, { event_type: 'error', release })).toMatchObject({
      status: 200,
      body: { event_type: 'error', message: 'posted', release: `${url}/releases/${release}` },
    })
    expect(await admin.put(path, { message: 'put' })).toMatchObject({ status: 200, body: { message: 'put' } })
    expect(statusAndBody(await admin.put(path, {}))).toEqual([400, { message: ['This field is required.'] }])
    expect((await admin.delete(path)).status).toBe(204)
    expect((await anonymous.get(path)).status).toBe(404)
  })
})

describe('a task', () => {
  const choice = (word: string) => [`"${word}" is not a valid choice.`]
  refusesFields(
    admin,
    {
      state: [
        ['banana', choice('banana')],
        ['Staged', choice('Staged')],
        ['cancelled', choice('cancelled')],
        [null, ['This field may not be null.']],
      ],
      progress: [
        [null, ['This field may not be null.']],
        [101, ['Ensure this value is less than or equal to 100.']],
        ['50%', ['A valid integer is required.']],
      ],
    },
    { list: '/tasks', item: () => `/tasks/${task.kf_id}`, good: links },
  )

  test('waits and has done nothing unless told otherwise', async () => {
    const made = await given(api).task(links())
    expect(made).toMatchObject({ state: 'waiting', progress: 0, release: `${url}/releases/${release}` })
    expect(service.received('initialize', made.kf_id), 'a row only').toEqual([])
  })

  test.each([
    'waiting',
    'initialized',
    'running',
    'staged',
    'publishing',
    'published',
    'failed',
    'canceled',
    'rejected',
  ])('may be recorded as %s', async state => {
    expect(await given(api).task({ ...links(), state, progress: 100 })).toMatchObject({ state, progress: 100 })
  })

  test('may be recorded as pending, which is what services call initialized', async () => {
    const made = await given(api).task({ ...links(), state: 'pending' })
    expect(made.state).toBe('initialized')
    expect(statusAndBody(await admin.patch(`/tasks/${made.kf_id}`, { state: 'pending' }))).toEqual([
      400,
      { state: choice('pending') },
    ])
  })

  test('stays with its release and service', async () => {
    const other = (await given(api).release()).kf_id
    const made = await given(api).task(links())
    const { status, body } = await admin.patch<Task>(`/tasks/${made.kf_id}`, {
      release: other,
      task_service: 'TS_00000000',
      progress: 3,
    })
    expect([status, body]).toEqual([200, { ...made, service_name: body.service_name, progress: 3 }])
  })
})
