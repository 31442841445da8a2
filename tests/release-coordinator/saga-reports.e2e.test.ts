import { describe, expect, test } from 'vitest'
import { api, url } from './support/api.ts'
import { given } from './support/given.ts'
import { statusAndBody } from './support/http-client.ts'
import { type Release, type Task, unknownId } from './support/resources.ts'
import {
  asked,
  historyOf,
  messagesOf,
  type Participant,
  participant,
  pathOf,
  reaches,
  releaseOf,
  runningRelease,
  startRelease,
  taskOf,
  taskReaches,
} from './support/saga.ts'

const { anonymous, admin, machine } = api
const path = ({ kf_id }: Task) => `/tasks/${kf_id}`
const report = (task: Task, body: object) => machine.patch<Task>(path(task), body)
const read = async (task: Task) => (await anonymous.get<Task>(path(task))).body

/** A task that runs, with a sister that keeps its release running. */
async function running() {
  const services = [await participant(api, { finishes: false }), await participant(api, { finishes: false })] as const
  const release = await runningRelease(api, services)
  const task = taskOf(release, services[0])
  const sister = taskOf(release, services[1])
  const end = async () => {
    await admin.delete(`/releases/${release.kf_id}`)
    for (const service of services) await service[Symbol.asyncDispose]()
  }
  return { release, task, sister, services, [Symbol.asyncDispose]: end }
}

describe('a report', () => {
  test('of progress changes only that', async () => {
    await using given = await running()
    const { task, release } = given
    expect(await report(task, { progress: 33 })).toMatchObject({ status: 200, body: { ...task, progress: 33 } })
    expect(await report(task, { progress: '66' })).toMatchObject({ status: 200, body: { ...task, progress: 66 } })
    const events = await historyOf(api, release.kf_id)
    expect(messagesOf(events).filter(message => message.includes(task.kf_id))).toHaveLength(2)
  })

  test('of the present state is fine and changes nothing', async () => {
    await using given = await running()
    const { task, release } = given
    const before = await historyOf(api, release.kf_id)
    expect(await report(task, { state: 'running' })).toMatchObject({ status: 200, body: { state: 'running' } })
    expect(await historyOf(api, release.kf_id)).toEqual(before)
  })

  test('makes an event of the task', async () => {
    await using given = await running()
    const { task, release } = given
    await report(task, { state: 'staged' })
    const event = (await historyOf(api, release.kf_id)).at(-1)
    expect(event).toMatchObject({
      event_type: 'info',
      message: `task ${task.kf_id} changed from running to staged`,
      release: `${url}/releases/${release.kf_id}`,
      task: `${url}${path(task)}`,
      task_service: task.task_service,
    })
  })

  test('of everything done, again, is a quiet 200', async () => {
    await using given = await running()
    const { task, sister, release } = given
    for (const one of [task, sister]) await report(one, { state: 'staged', progress: 100 })
    await reaches(api, release.kf_id, 'staged')
    const before = await historyOf(api, release.kf_id)
    expect(await report(task, { state: 'staged' })).toMatchObject({ status: 200 })
    expect(await report(task, { progress: 99 })).toMatchObject({ status: 200, body: { progress: 99, state: 'staged' } })
    expect(await historyOf(api, release.kf_id)).toEqual(before)
  })

  test('by PUT is a report, too', async () => {
    await using given = await running()
    const { task, sister, release } = given
    const body = { state: 'staged', progress: 100, release: task.release, task_service: task.task_service }
    expect(await machine.put(path(task), body)).toMatchObject({ status: 200, body: { state: 'staged', progress: 100 } })
    await report(sister, { state: 'staged' })
    await reaches(api, release.kf_id, 'staged')
  })
})

describe('steps that are not allowed', () => {
  const cases: readonly [from: string, ...to: string[]][] = [
    ['running', 'waiting', 'initialized', 'publishing', 'published', 'rejected'],
    ['staged', 'waiting', 'initialized', 'running', 'published', 'rejected'],
    ['canceled', 'staged', 'running', 'failed', 'published'],
    ['failed', 'staged', 'running', 'canceled', 'published'],
  ]

  test.each(cases)('from %s are refused, with all that comes with them', async (from, ...targets) => {
    await using given = await running()
    const { task, release } = given
    if (from !== 'running') await report(task, { state: from })
    const before = await taskReaches(api, task.kf_id, from)
    for (const to of targets) {
      const answer = await report(task, { state: to, progress: 77 })
      expect(statusAndBody(answer)).toEqual([400, { state: [`Can not change from ${from} to ${to}.`] }])
    }
    expect(await read(task)).toEqual(before)
    const moved = targets.map(to => `task ${task.kf_id} changed from ${from} to ${to}`)
    expect(messagesOf(await historyOf(api, release.kf_id)).filter(message => moved.includes(message))).toEqual([])
  })

  test('from waiting and initialized', async () => {
    await using service = await participant(api)
    const { kf_id } = await given(api).release()
    await reaches(api, kf_id, 'staged')
    for (const from of ['waiting', 'initialized']) {
      const task = await given(api).task({ release: kf_id, task_service: service.id, state: from })
      for (const to of ['publishing', 'published']) {
        expect(statusAndBody(await report(task, { state: to }))).toEqual([
          400,
          { state: [`Can not change from ${from} to ${to}.`] },
        ])
      }
    }
  })

  test('words that are no states', async () => {
    await using given = await running()
    for (const word of ['banana', 'pending', 'cancelled', 'Staged', '']) {
      expect(statusAndBody(await report(given.task, { state: word, progress: 1 }))).toEqual([
        400,
        { state: [`"${word}" is not a valid choice.`] },
      ])
    }
    expect((await read(given.task)).progress).toBe(0)
  })

  test('of a task that is not there', async () => {
    expect(statusAndBody(await machine.patch(`/tasks/${unknownId.tasks}`, { state: 'staged' }))).toEqual([
      404,
      { detail: 'Not found.' },
    ])
  })
})

describe('a report of the end', () => {
  test('failed: the others are canceled, the release fails', async () => {
    await using given = await running()
    const { task, sister, release, services } = given
    expect(await report(task, { state: 'failed', progress: 12 })).toMatchObject({
      status: 200,
      body: { state: 'failed', progress: 12 },
    })
    const { tasks, version } = await reaches(api, release.kf_id, 'failed')
    expect(tasks.find(({ kf_id }) => kf_id === task.kf_id)?.state).toBe('failed')
    expect(tasks.find(({ kf_id }) => kf_id === sister.kf_id)?.state).toBe('canceled')
    expect(services[1].received('cancel', sister.kf_id)).toHaveLength(1)
    expect(services[0].received('cancel')).toEqual([])
    expect(version).toBe(release.version)
    const errors = (await historyOf(api, release.kf_id)).filter(({ event_type }) => event_type === 'error')
    expect(messagesOf(errors)).toEqual([
      `task ${task.kf_id} changed from running to failed`,
      expect.stringMatching(
        new RegExp(`^release ${release.kf_id}, version ${version} changed from (running|canceling) to failed$`),
      ),
    ])
  })

  test.each(['staged', 'publishing'])('failed, of a task that is %s: the release fails', async state => {
    await using given = await running()
    const { task, sister, release, services } = given
    for (const one of [task, sister]) await report(one, { state: 'staged' })
    await reaches(api, release.kf_id, 'staged')
    if (state === 'publishing') {
      await admin.post(`/releases/${release.kf_id}/publish`)
      for (const one of [task, sister]) await taskReaches(api, one.kf_id, 'publishing')
    }
    expect(await report(task, { state: 'failed' })).toMatchObject({ status: 200, body: { state: 'failed' } })
    const { tasks } = await reaches(api, release.kf_id, 'failed')
    expect(tasks.find(({ kf_id }) => kf_id === sister.kf_id)?.state).toBe('canceled')
    expect([services[0].received('cancel').length, services[1].received('cancel').length]).toEqual([0, 1])
  })

  test('canceled: the others are canceled, and the release', async () => {
    await using given = await running()
    const { task, sister, release, services } = given
    await report(task, { state: 'canceled' })
    const { tasks } = await reaches(api, release.kf_id, 'canceled')
    expect(tasks.map(({ state }) => state)).toEqual(['canceled', 'canceled'])
    expect(services[1].received('cancel', sister.kf_id)).toHaveLength(1)
    expect(await pathOf(api, release.kf_id)).toEqual(['initializing', 'running', 'canceling', 'canceled'])
    expect((await historyOf(api, release.kf_id)).filter(({ event_type }) => event_type === 'error')).toEqual([])
    expect(await report(task, { state: 'canceled' })).toMatchObject({ status: 200 })
    expect((await releaseOf(api, release.kf_id)).state).toBe('canceled')
  })
})

describe('a report ahead of our own book-keeping', () => {
  async function whileAnswerIsDelayed(service: Participant, action: 'start' | 'publish', release: Release) {
    await asked(service, action)
    return taskOf(await releaseOf(api, release.kf_id), service)
  }

  test('is accepted: staged before the answer to start, published before that to publish', async () => {
    await using service = await participant(api, { finishes: false })
    service.on('start', { delayMs: 1500 })
    service.on('publish', { delayMs: 1500 })
    const release = await startRelease(api, [service])
    const task = await whileAnswerIsDelayed(service, 'start', release)
    expect(task.state).toBe('initialized')
    expect(await report(task, { state: 'staged' })).toMatchObject({ status: 200, body: { state: 'staged' } })
    await reaches(api, release.kf_id, 'staged')
    await admin.post(`/releases/${release.kf_id}/publish`)
    expect((await whileAnswerIsDelayed(service, 'publish', release)).state).toBe('staged')
    expect(await report(task, { state: 'published' })).toMatchObject({ status: 200, body: { state: 'published' } })
    const { tasks } = await reaches(api, release.kf_id, 'published')
    expect(tasks.map(({ state }) => state)).toEqual(['published'])
  })
})
