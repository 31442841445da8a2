import { describe, expect, test } from 'vitest'
import { api, url } from './support/api.ts'
import { callers } from './support/callers.ts'
import { made } from './support/given.ts'
import { httpClient, statusAndBody } from './support/http-client.ts'
import {
  type LogEvent,
  type Page,
  type Release,
  type ReleaseNote,
  type Study,
  studies,
  type Task,
  type TaskService,
} from './support/resources.ts'
import { participant, reaches, runningRelease, startRelease, taskOf, taskReaches } from './support/saga.ts'

/** Calls of the programs that use the API, with the headers and encodings of their HTTP libraries. */

const bearer = { authorization: `Bearer ${callers.admin.token}` }
const client = httpClient(url)
const post = ['POST', 'PUT', 'PATCH']

describe('the web client (axios in a browser)', () => {
  const browser = {
    accept: 'application/json, text/plain, */*',
    'accept-language': 'en-US,en;q=0.9',
    'accept-encoding': 'identity',
    origin: 'https://kf-ui-release-coordinator.kidsfirstdrc.org',
    referer: 'https://kf-ui-release-coordinator.kidsfirstdrc.org/releases',
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/76.0 Safari/537.36',
  }
  const axios = <Body>(method: string, path: string, data?: unknown) =>
    client.send<Body>(method, path, {
      headers: {
        ...browser,
        ...(method !== 'GET' && bearer),
        ...(data !== undefined && { 'content-type': 'application/json;charset=UTF-8' }),
      },
      ...(data !== undefined && { body: JSON.stringify(data) }),
    })

  test('plans, follows, annotates, publishes', async () => {
    await using service = await participant(api)
    await axios('PATCH', `/task-services/${service.id}`, { enabled: true })
    const planned = {
      name: 'From the planner',
      description: '',
      studies: [studies.dipg, studies.cats],
      tags: ['Ready for Publication'],
      is_major: false,
      author: undefined,
    }
    const release = await made(axios<Release>('POST', '/releases', planned))
    await reaches(api, release.kf_id, 'staged')
    await axios('PATCH', `/task-services/${service.id}`, { enabled: false })

    const note = await made(
      axios<ReleaseNote>('POST', '/release-notes', {
        release: `${url}/releases/${release.kf_id}`,
        study: `${url}/studies/${studies.cats}`,
        description: '# Probably need more **cats** 🐛',
        author: 'daniel',
      }),
    )
    expect((await axios('PATCH', `/release-notes/${note.kf_id}`, { description: 'fewer' })).status).toBe(200)
    expect((await axios('PATCH', `/releases/${release.kf_id}`, { description: '*summary*' })).status).toBe(200)
    const shown = (await axios<Release>('GET', `/releases/${release.kf_id}`)).body
    expect(shown.notes.map(one => one.study?.slice(-11))).toEqual([studies.cats])
    expect(shown).toMatchObject({ description: '*summary*', state: 'staged', tags: planned.tags })

    const publishing = await axios('POST', `/releases/${release.kf_id}/publish`, {})
    expect(statusAndBody(publishing)).toEqual([200, { message: 'publishing' }])
    await reaches(api, release.kf_id, 'published')
    const latest = await axios<Page<Release>>('GET', '/releases?state=published&limit=1')
    expect(latest.body.results.map(({ kf_id }) => kf_id)).toEqual([release.kf_id])

    const { body } = await axios<Page<LogEvent>>('GET', `/events?release=${release.kf_id}&limit=1000`)
    const timeline = body.results.toReversed().map(event => ({
      release: (event.release as string).slice(-11),
      at: (event.task ?? (event.release as string)).slice(-11),
      state: event.message.split(' ').splice(-1)[0],
    }))
    expect(new Set(timeline.map(point => point.release))).toEqual(new Set([release.kf_id]))
    const own = timeline.filter(({ at }) => at === release.kf_id).map(({ state }) => state)
    expect(own).toEqual(['initializing', 'running', 'staged', 'publishing', 'published'])
    expect((await axios<Page<Task>>('GET', `/tasks?release=${release.kf_id}`)).body.results).toHaveLength(1)
    const ofStudy = await axios<Page<Release>>('GET', `/studies/${studies.cats}/releases`)
    expect(ofStudy.body.results[0]?.kf_id).toBe(release.kf_id)
  })

  test('cancels', async () => {
    await using service = await participant(api, { finishes: false })
    const { kf_id } = await runningRelease(api, [service])
    expect(await axios('DELETE', `/releases/${kf_id}`)).toMatchObject({ status: 200, body: { state: 'canceling' } })
    await reaches(api, kf_id, 'canceled')
  })

  test('saves a task service by sending back all it was told, and switches it', async () => {
    await using service = await participant(api)
    const path = `/task-services/${service.id}`
    const record = (await axios<TaskService>('GET', path)).body
    const saved = await axios<TaskService>('PATCH', path, { ...record, description: 'edited' })
    expect(saved).toMatchObject({ status: 200, body: { ...record, last_ok_status: 0, description: 'edited' } })
    expect(await axios('PATCH', path, { enabled: true })).toMatchObject({ status: 200, body: { enabled: true } })
    const listed = await axios<Page<TaskService>>('GET', '/task-services?enabled=True')
    expect(listed.body.results.map(({ kf_id }) => kf_id)).toContain(service.id)
    await axios('PATCH', path, { enabled: false })
    expect((await axios<Page<LogEvent>>('GET', `/events?task_service=${service.id}`)).status).toBe(200)
  })

  test('mirrors the studies and reads them page by page', async () => {
    expect(await axios('POST', '/studies/sync')).toMatchObject({ status: 200, body: { status: 'ok' } })
    const seen: string[] = []
    for (let page = 1, more = true; more; page += 1) {
      const { status, body } = await axios<Page<Study>>('GET', `/studies?limit=10&offset=${(page - 1) * 10}`)
      expect(status).toBe(200)
      seen.push(...body.results.map(({ kf_id }) => kf_id))
      more = body.next !== null
    }
    expect(seen).toEqual(expect.arrayContaining(Object.values(studies)))
    expect(new Set(seen).size).toBe(seen.length)
  })
})

describe('task services', () => {
  const python = {
    'user-agent': 'python-requests/2.18.4',
    'accept-encoding': 'gzip, deflate',
    accept: '*/*',
    connection: 'keep-alive',
  }
  const node = { accept: 'application/json', host: new URL(url).host, connection: 'close' }
  const send = <Body>(headers: Record<string, string>, method: string, path: string, data?: unknown) =>
    client.send<Body>(method, path, {
      headers: { ...headers, ...(post.includes(method) && { 'content-type': 'application/json' }) },
      ...(data !== undefined && { body: JSON.stringify(data) }),
    })

  test.each([
    ['the reference service (requests)', python],
    ['the snapshot service (request-promise)', node],
  ])('%s reads its release and reports', async (_what, headers) => {
    await using service = await participant(api, { finishes: false })
    const release = await runningRelease(api, [service])
    const task = taskOf(release, service)
    const read = await send<Release>(headers, 'GET', `/releases/${release.kf_id}`)
    expect(read).toMatchObject({ status: 200, body: { studies: release.studies, state: 'running' } })
    const staged = { state: 'staged', progress: 100 }
    expect((await send(headers, 'PATCH', `/tasks/${task.kf_id}`, staged)).status, 'without a token').toBe(403)
    const authorized = { ...headers, ...bearer }
    expect(await send(authorized, 'PATCH', `/tasks/${task.kf_id}`, staged)).toMatchObject({ status: 200, body: staged })
    await reaches(api, release.kf_id, 'staged')
    await api.admin.post(`/releases/${release.kf_id}/publish`)
    await taskReaches(api, task.kf_id, 'publishing')
    const published = { state: 'published', progress: 100 }
    expect((await send(authorized, 'PATCH', `/tasks/${task.kf_id}`, published)).status).toBe(200)
    await reaches(api, release.kf_id, 'published')
  })

  test('the reports service reads its release with a limit, and never reports', async () => {
    await using service = await participant(api)
    const { kf_id, studies: own, version } = await startRelease(api, [service])
    const { status, body } = await send<Release>(python, 'GET', `/releases/${kf_id}?limit=100`)
    expect([status, body.studies, body.version]).toEqual([200, own, version])
    await reaches(api, kf_id, 'staged')
  })
})
