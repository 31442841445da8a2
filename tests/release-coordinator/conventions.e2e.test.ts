import { beforeAll, describe, expect, test } from 'vitest'
import { api, url } from './support/api.ts'
import { given } from './support/given.ts'
import { statusAndBody } from './support/http-client.ts'
import {
  type LogEvent,
  lists,
  type Page,
  type Release,
  type ReleaseNote,
  studies,
  type Task,
  type TaskService,
} from './support/resources.ts'
import { type Participant, participant, reaches } from './support/saga.ts'

const { anonymous, admin } = api
let release: Release
let note: ReleaseNote
let event: LogEvent
let task: Task
let service: TaskService
let running: Participant

beforeAll(async () => {
  running = await participant(api)
  const { kf_id } = await given(api).release()
  await reaches(api, kf_id, 'staged')
  note = await given(api).note({ release: kf_id, ...{ study: studies.dipg } })
  task = await given(api).task({ release: kf_id, task_service: running.id })
  event = await given(api).event({ release: kf_id, task: task.kf_id, task_service: running.id })
  service = (await anonymous.get<TaskService>(`/task-services/${running.id}`)).body
  release = (await anonymous.get<Release>(`/releases/${kf_id}`)).body
  return () => running[Symbol.asyncDispose]()
})

test('the root tells where the lists are', async () => {
  expect(statusAndBody(await anonymous.get('/'))).toEqual([
    200,
    Object.fromEntries(lists.map(list => [list, `${url}/${list}`])),
  ])
})

describe('paths', () => {
  test.each(lists)('/%s has no slash at its end', async list => {
    const { status, body } = await anonymous.get(`/${list}/`)
    expect(status).toBe(404)
    expect(body).toEqual({ detail: 'Not found.' })
  })

  test('items and actions have no slash at their end', async () => {
    const paths = [`/releases/${release.kf_id}/`, `/releases/${release.kf_id}/publish/`, `/tasks/${task.kf_id}/`]
    for (const path of paths) expect((await anonymous.get(path)).status, path).toBe(404)
    expect((await admin.post('/studies/sync/')).status).toBe(404)
  })

  test.each(['GET', 'POST', 'PATCH', 'DELETE'])('%s of a path that is none is a 404 in JSON', async method => {
    const answer = await admin.send(method, '/no/such/path')
    expect(statusAndBody(answer)).toEqual([404, { detail: 'Not found.' }])
    expect(answer.headers['content-type']).toBe('application/json')
  })
})

test('ids are a prefix and eight characters of Crockford base32', () => {
  const ids = [
    [task, 'TA'],
    [service, 'TS'],
    [release, 'RE'],
    [note, 'RN'],
    [event, 'EV'],
  ] as const
  for (const [{ kf_id }, prefix] of ids) expect(kf_id).toMatch(new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{8}$`))
})

test('times are UTC with microseconds', () => {
  for (const { created_at } of [task, service, release, note, event]) {
    expect(created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z$/)
    expect(Math.abs(Date.parse(created_at) - Date.now())).toBeLessThan(600_000)
  }
})

describe('records have the fields that the API documents, and no others', () => {
  test.each([
    ['task', () => task, 'kf_id state progress release task_service created_at service_name'],
    [
      'task service',
      () => service,
      'kf_id name description last_ok_status author health_status url created_at enabled',
    ],
    [
      'release',
      () => release,
      'kf_id name description notes state studies tasks version created_at tags author is_major',
    ],
    ['release note', () => note, 'kf_id description author created_at release study'],
    ['event', () => event, 'kf_id event_type message release task_service task created_at'],
  ])('%s', (_what, record, fields) => {
    expect(Object.keys(record()).sort()).toEqual(fields.split(' ').sort())
  })

  test('study', async () => {
    const { body } = await anonymous.get<object>(`/studies/${studies.cats}`)
    const fields = 'kf_id name version visible last_pub_version last_pub_date deleted created_at'
    expect(Object.keys(body).sort()).toEqual(fields.split(' ').sort())
  })
})

describe('links', () => {
  test('are absolute URLs of the related record, null where there is none', async () => {
    expect(note).toMatchObject({
      release: `${url}/releases/${release.kf_id}`,
      study: `${url}/studies/${studies.dipg}`,
    })
    expect(task).toMatchObject({
      release: `${url}/releases/${release.kf_id}`,
      task_service: `${url}/task-services/${service.kf_id}`,
      service_name: service.name,
    })
    expect(event).toMatchObject({ task: `${url}/tasks/${task.kf_id}`, release: task.release })
    expect(await given(api).event()).toMatchObject({ task: null, release: null, task_service: null })
  })

  test('begin with the host that was asked', async () => {
    const base = 'http://kf-release-coord.kidsfirstdrc.org'
    const get = async <Body>(path: string) =>
      (await anonymous.send<Body>('GET', path, { headers: { host: 'kf-release-coord.kidsfirstdrc.org' } })).body
    expect(await get(`/release-notes/${note.kf_id}`)).toMatchObject({ release: `${base}/releases/${release.kf_id}` })
    expect((await get<Record<string, string>>('/')).tasks).toBe(`${base}/tasks`)
    const page = await get<Page<LogEvent>>('/events?limit=1')
    expect(page.next).toBe(`${base}/events?limit=1&offset=1`)
    expect(await get(`/releases/${release.kf_id}`)).toMatchObject({
      notes: [{ release: `${base}/releases/${release.kf_id}`, study: `${base}/studies/${studies.dipg}` }],
      tasks: [{ task_service: `${base}/task-services/${service.kf_id}` }],
      studies: [studies.dipg],
    })
  })
})

test('who stands in front is nobody unless proxies are trusted', async () => {
  const headers = { 'x-forwarded-host': 'example.org', 'x-forwarded-proto': 'https', forwarded: 'host=example.org' }
  expect((await anonymous.send<Record<string, string>>('GET', '/', { headers })).body.tasks).toBe(`${url}/tasks`)
})

test('a release holds its notes and tasks as they are by themselves, oldest first', async () => {
  const second = await given(api).note({ release: release.kf_id })
  const body = (await anonymous.get<Release>(`/releases/${release.kf_id}`)).body
  expect(body.notes).toEqual([note, second])
  await admin.delete(`/release-notes/${second.kf_id}`)
  expect((await anonymous.get<Release>(`/releases/${release.kf_id}`)).body.notes).toEqual([note])
  expect(body.tasks).toEqual([(await anonymous.get(`/tasks/${task.kf_id}`)).body])
})
