import { text } from 'node:stream/consumers'
import { eventually } from '@slipway/testing'
import { describe, expect, test } from 'vitest'
import { api, url } from './support/api.ts'
import { callers } from './support/callers.ts'
import { idOf } from './support/given.ts'
import { answerJson, httpServer } from './support/http-server.ts'
import { grantOf } from './support/issuer.ts'
import { type Page, type Release, studies, type Task } from './support/resources.ts'
import {
  historyOf,
  messagesOf,
  participant,
  pathOf,
  reaches,
  runningRelease,
  startRelease,
  taskOf,
  taskReaches,
} from './support/saga.ts'
import { grant } from './support/system.ts'

const { admin, machine, anonymous } = api
const publish = ({ kf_id }: Release) => admin.post(`/releases/${kf_id}/publish`)
const report = ({ kf_id }: Task, body: object) => machine.patch<Task>(`/tasks/${kf_id}`, body)

test('a release is initialized, run, staged and published over all its task services, which report', async () => {
  await using first = await participant(api, { finishes: false })
  await using second = await participant(api, { finishes: false })
  const release = await runningRelease(api, [first, second], { studies: [studies.cats, studies.dogs] })
  const id = release.kf_id
  const [a, b] = [taskOf(release, first), taskOf(release, second)]

  expect(await report(a, { progress: 50 })).toMatchObject({ status: 200, body: { state: 'running', progress: 50 } })
  expect(await report(a, { state: 'staged', progress: 100 })).toMatchObject({
    status: 200,
    body: { ...a, state: 'staged', progress: 100 },
  })
  expect((await anonymous.get<Release>(`/releases/${id}`)).body.state).toBe('running')
  await report(b, { state: 'staged' })
  expect(await reaches(api, id, 'staged')).toMatchObject({
    version: release.version,
    tasks: [{ state: 'staged' }, { state: 'staged' }],
  })

  expect(await publish(release)).toMatchObject({ status: 200, body: { message: 'publishing' } })
  for (const task of [a, b]) await taskReaches(api, task.kf_id, 'publishing')
  expect((await reaches(api, id, 'publishing')).version).toBe(release.version)
  await report(a, { state: 'published', progress: 100 })
  await report(b, { state: 'published', progress: 100 })
  const { version } = await reaches(api, id, 'published')
  expect(version).not.toBe(release.version)

  const steps = (task: Task) =>
    ['waiting', 'initialized', 'running', 'staged', 'publishing', 'published'].flatMap((to, index, states) =>
      index === 0 ? [] : [`task ${task.kf_id} changed from ${states[index - 1]} to ${to}`],
    )
  const ofRelease = (named: string, from: string, to: string) =>
    `release ${id}, version ${named} changed from ${from} to ${to}`
  const events = await historyOf(api, id)
  const messages = messagesOf(events)
  expect(messages.filter(message => message.startsWith('release'))).toEqual([
    ofRelease(release.version, 'waiting', 'initializing'),
    ofRelease(release.version, 'initializing', 'running'),
    ofRelease(release.version, 'running', 'staged'),
    ofRelease(release.version, 'staged', 'publishing'),
    ofRelease(version, 'publishing', 'published'),
  ])
  for (const task of [a, b]) expect(messages.filter(message => message.includes(task.kf_id))).toEqual(steps(task))
  expect(messages).toHaveLength(15)
  for (const event of events) {
    const task = [a, b].find(({ kf_id }) => event.message.includes(kf_id))
    expect(event).toMatchObject({
      event_type: 'info',
      release: `${url}/releases/${id}`,
      task: task ? `${url}/tasks/${task.kf_id}` : null,
      task_service: task ? task.task_service : null,
    })
  }
})

test('task services are asked as the protocol says, once for each step', async () => {
  await using service = await participant(api, { finishes: false })
  const release = await runningRelease(api, [service], { studies: [studies.cats, studies.dogs] })
  const task = taskOf(release, service)
  await report(task, { state: 'staged' })
  await publish(await reaches(api, release.kf_id, 'staged'))
  await taskReaches(api, task.kf_id, 'publishing')
  await eventually(() => service.received('get_status').length > 0)

  const requests = service.requests.filter(({ action }) => action !== 'status')
  const asked = requests.map(({ action }) => action).filter(action => action !== 'get_status')
  expect(asked).toEqual(['initialize', 'start', 'publish'])
  for (const { action, body, headers } of requests) {
    expect(body).toMatchObject({ action, task_id: task.kf_id, release_id: release.kf_id })
    if (action !== 'get_status') {
      expect((body as { studies: string[] }).studies.toSorted()).toEqual([studies.dogs, studies.cats])
    }
    expect(headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/json/),
      'user-agent': 'ReleaseCoordinator/production (python-requests)',
    })
    const [scheme, token = ''] = (headers.authorization ?? '').split(' ')
    expect([scheme, grantOf(token)]).toEqual(['Bearer', { grant_type: 'client_credentials', ...grant }])
  }
  await admin.delete(`/releases/${release.kf_id}`)
  await reaches(api, release.kf_id, 'canceled')
})

test('a service that never reports is asked how far it is', async () => {
  await using service = await participant(api, { finishes: false })
  service.on('get_status', { says: { progress: '50%' } })
  const release = await runningRelease(api, [service])
  const { kf_id } = taskOf(release, service)
  const progress = async () => (await anonymous.get<Task>(`/tasks/${kf_id}`)).body.progress
  await eventually(async () => (await progress()) === 50)
  service.on('get_status')
  await service.finish(kf_id)
  await reaches(api, release.kf_id, 'staged')
  await publish(release)
  await taskReaches(api, kf_id, 'publishing')
  await service.finish(kf_id)
  const { tasks } = await reaches(api, release.kf_id, 'published')
  expect(tasks).toMatchObject([{ state: 'published', progress: 100 }])
})

describe('a release without task services', () => {
  test('is staged at once, also where all are disabled, and published at once', async () => {
    await using disabled = await participant(api)
    const release = await startRelease(api, [])
    await reaches(api, release.kf_id, 'staged')
    await publish(release)
    await reaches(api, release.kf_id, 'published')
    expect(await pathOf(api, release.kf_id)).toEqual(['initializing', 'running', 'staged', 'publishing', 'published'])
    expect(disabled.received('initialize')).toEqual([])
  })
})

describe('a report that comes before the answer', () => {
  test.each(['staged', 'published'] as const)('%s is not overwritten', async state => {
    const reportsTo = { url, token: callers.admin.token }
    await using early = await participant(api, { finishes: false, reportsTo })
    await using other = await participant(api, { finishes: false, reportsTo })
    early.on('start', { reportFirst: { state: 'staged', progress: 100 } })
    early.on('publish', { reportFirst: { state: 'published' } })
    const { kf_id, ...release } = await startRelease(api, [early, other])
    const task = taskOf({ kf_id, ...release }, early)
    await taskReaches(api, task.kf_id, 'staged')
    await taskReaches(api, taskOf({ kf_id, ...release }, other).kf_id, 'running')
    await other.finish(taskOf({ kf_id, ...release }, other).kf_id)
    await reaches(api, kf_id, 'staged')
    if (state === 'published') {
      await admin.post(`/releases/${kf_id}/publish`)
      await taskReaches(api, task.kf_id, 'published')
      await taskReaches(api, taskOf({ kf_id, ...release }, other).kf_id, 'publishing')
      await other.finish(taskOf({ kf_id, ...release }, other).kf_id)
    }
    const { tasks } = await reaches(api, kf_id, state)
    expect(tasks.map(one => one.state)).toEqual([state, state])
    expect(early.received('start')).toHaveLength(1)
  })
})

test('all services are asked at the same time, not one after another', async () => {
  const services = await Promise.all(Array.from({ length: 4 }, () => participant(api)))
  const delayMs = 1000
  for (const service of services)
    for (const action of ['initialize', 'start', 'publish'] as const) service.on(action, { delayMs })
  const release = await startRelease(api, services)
  await reaches(api, release.kf_id, 'staged')
  await publish(release)
  await reaches(api, release.kf_id, 'published')
  for (const action of ['initialize', 'start', 'publish'] as const) {
    const times = services.map(service => service.received(action)[0]?.at ?? Number.NaN)
    // One after another, the last would be asked when all others have answered.
    expect(Math.max(...times) - Math.min(...times), action).toBeLessThan((services.length - 1) * delayMs)
  }
  await Promise.all(services.map(service => service[Symbol.asyncDispose]()))
})

test('a service finds its sister tasks when it is asked for the first time', async () => {
  const seen: (readonly [action: string, states: string[], count: number])[] = []
  await using curious = await httpServer(async (request, response) => {
    if (request.method === 'GET') return answerJson(response, { name: 'a curious task service' })
    const { action, task_id, release_id } = JSON.parse(await text(request)) as Record<string, string>
    const { body } = await anonymous.get<Page<Task>>(`/tasks?release=${release_id}`)
    const release = await anonymous.get<Release>(`/releases/${release_id}`)
    if (action === 'initialize' || action === 'start') {
      const sisters = body.results.filter(({ kf_id }) => kf_id !== task_id)
      seen.push([action, sisters.map(({ state }) => state), release.body.tasks.length])
    }
    answerJson(response, { state: action === 'start' ? 'running' : 'initialized', progress: 0 })
  })
  await using sister = await participant(api, { finishes: false })
  const { body: registered } = await admin.post<{ kf_id: string }>('/task-services', {
    name: 'curious',
    description: 'd',
    author: 'a',
    url: curious.url,
    enabled: false,
  })
  const release = await runningRelease(api, [sister, { ...sister, id: registered.kf_id }])
  expect(seen.map(([action, , count]) => [action, count])).toEqual([
    ['initialize', 2],
    ['start', 2],
  ])
  for (const [, states] of seen) expect(states).toHaveLength(1)
  await admin.delete(`/releases/${release.kf_id}`)
  await reaches(api, release.kf_id, 'canceled')
  expect(release.tasks.map(task => idOf(task.task_service))).toContain(registered.kf_id)
  await admin.delete(`/task-services/${registered.kf_id}`)
})
