import { describe, expect, test } from 'vitest'
import { api, url } from './support/api.ts'
import { given } from './support/given.ts'
import { statusAndBody } from './support/http-client.ts'
import type { Release } from './support/resources.ts'
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

const { admin, machine } = api
const cancel = (id: string) => admin.delete<Release>(`/releases/${id}`)
const works = (): Promise<Participant> => participant(api, { finishes: false })

describe('canceling', () => {
  test.concurrent('reaches every service that has not ended, whatever it answers', async () => {
    await using willing = await works()
    await using unwilling = await works()
    await using finished = await works()
    unwilling.on('cancel', { status: 400, body: { message: 'may not cancel' } })
    const services = [willing, unwilling, finished]
    const release = await runningRelease(api, services)
    await machine.patch(`/tasks/${taskOf(release, finished).kf_id}`, { state: 'staged' })

    const answer = await cancel(release.kf_id)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ kf_id: release.kf_id, state: 'canceling', name: release.name })
    const { tasks, version } = await reaches(api, release.kf_id, 'canceled')
    expect(tasks.map(({ state }) => state)).toEqual(['canceled', 'canceled', 'canceled'])
    expect(version).toBe(release.version)
    for (const service of services) {
      const task = taskOf(release, service)
      expect(service.received('cancel').map(({ body }) => body)).toEqual([
        { action: 'cancel', task_id: task.kf_id, release_id: release.kf_id, studies: release.studies },
      ])
    }
    expect(await pathOf(api, release.kf_id)).toEqual(['initializing', 'running', 'canceling', 'canceled'])
    const events = await historyOf(api, release.kf_id)
    expect(new Set(events.map(({ event_type }) => event_type))).toEqual(new Set(['info']))
    expect(messagesOf(events)).toContain(`task ${taskOf(release, finished).kf_id} changed from staged to canceled`)
  })

  test.concurrent('is possible while it is staged, and while it is published', async () => {
    await using service = await works()
    for (const state of ['staged', 'publishing']) {
      const release = await runningRelease(api, [service])
      const { kf_id } = taskOf(release, service)
      await machine.patch(`/tasks/${kf_id}`, { state: 'staged' })
      await reaches(api, release.kf_id, 'staged')
      if (state === 'publishing') {
        await admin.post(`/releases/${release.kf_id}/publish`)
        await taskReaches(api, kf_id, 'publishing')
      }
      expect((await cancel(release.kf_id)).body.state).toBe('canceling')
      expect((await reaches(api, release.kf_id, 'canceled')).tasks.map(task => task.state)).toEqual(['canceled'])
      expect(service.received('cancel', kf_id)).toHaveLength(1)
    }
  })

  test.concurrent('while services are invited is not undone by a late answer', async () => {
    await using slow = await works()
    slow.on('initialize', { delayMs: 1500 })
    const { kf_id } = await startRelease(api, [slow])
    await asked(slow, 'initialize')
    await cancel(kf_id)
    const canceled = await reaches(api, kf_id, 'canceled')
    const history = await historyOf(api, kf_id)
    await taskReaches(api, taskOf(canceled, slow).kf_id, 'canceled')
    // The late answer comes, and a whole other release after it: nothing has moved.
    await using other = await works()
    other.on('initialize', { delayMs: 1600 })
    const next = await runningRelease(api, [other])
    expect(await releaseOf(api, kf_id)).toEqual(canceled)
    expect(await historyOf(api, kf_id)).toEqual(history)
    expect(slow.received('start')).toEqual([])
    await cancel(next.kf_id)
  })

  test.concurrent('is not held up by a service that is gone; the log says so', async () => {
    await using service = await works()
    const release = await runningRelease(api, [service])
    const task = taskOf(release, service)
    service.on('get_status', {})
    service.on('cancel', { fault: 'reset' })
    await cancel(release.kf_id)
    expect((await reaches(api, release.kf_id, 'canceled')).tasks.map(({ state }) => state)).toEqual(['canceled'])
    const notes = (await historyOf(api, release.kf_id)).filter(({ message }) => message.startsWith('request to'))
    expect(notes).toMatchObject([
      {
        event_type: 'error',
        message: expect.stringMatching(/^request to cancel task failed: .+/),
        release: `${url}/releases/${release.kf_id}`,
        task: `${url}/tasks/${task.kf_id}`,
        task_service: task.task_service,
      },
    ])
  })

  test.concurrent('is not held up by a service that does not answer', async () => {
    await using service = await works()
    const { kf_id } = await runningRelease(api, [service])
    service.on('cancel', { fault: 'silent' })
    await cancel(kf_id)
    expect((await reaches(api, kf_id, 'canceled')).tasks.map(({ state }) => state)).toEqual(['canceled'])
  })

  test.concurrent('twice is once', async () => {
    await using service = await works()
    service.on('cancel', { delayMs: 1000 })
    const { kf_id } = await runningRelease(api, [service])
    const answers = [await cancel(kf_id), await cancel(kf_id), await cancel(kf_id)]
    expect(answers.map(({ status, body }) => [status, body.state])).toEqual(Array(3).fill([200, 'canceling']))
    await reaches(api, kf_id, 'canceled')
    expect(await pathOf(api, kf_id)).toEqual(['initializing', 'running', 'canceling', 'canceled'])
    expect(service.received('cancel')).toHaveLength(1)
  })

  test.concurrent('a release without task services', async () => {
    const { kf_id } = await startRelease(api, [])
    await reaches(api, kf_id, 'staged')
    expect((await cancel(kf_id)).body).toMatchObject({ state: 'canceling', tasks: [] })
    await reaches(api, kf_id, 'canceled')
  })

  test.concurrent('a release the moment it was made', async () => {
    const { kf_id } = await given(api).release()
    expect((await cancel(kf_id)).status).toBe(200)
    await reaches(api, kf_id, 'canceled')
    const path = await pathOf(api, kf_id)
    expect(path.slice(-2)).toEqual(['canceling', 'canceled'])
  })
})

describe('what has ended stays as it is', () => {
  async function ended(service: Participant, state: 'published' | 'canceled' | 'failed'): Promise<Release> {
    const release = await runningRelease(api, [service])
    const task = `/tasks/${taskOf(release, service).kf_id}`
    if (state === 'canceled') await cancel(release.kf_id)
    if (state === 'failed') await machine.patch(task, { state: 'failed' })
    if (state === 'published') {
      await machine.patch(task, { state: 'staged' })
      await reaches(api, release.kf_id, 'staged')
      await admin.post(`/releases/${release.kf_id}/publish`)
      await taskReaches(api, task.slice(-11), 'publishing')
      await machine.patch(task, { state: 'published' })
    }
    return reaches(api, release.kf_id, state)
  }

  test.concurrent.each(['published', 'canceled', 'failed'] as const)('%s', async state => {
    await using service = await works()
    const { kf_id } = await ended(service, state)
    const release = await releaseOf(api, kf_id)
    const history = await historyOf(api, kf_id)
    expect(statusAndBody(await cancel(kf_id))).toEqual([200, release])
    expect(statusAndBody(await admin.post(`/releases/${kf_id}/publish`))).toEqual([
      400,
      { detail: `The release in state ${state} may not be published.` },
    ])
    expect(await releaseOf(api, kf_id)).toEqual(release)
    expect(await historyOf(api, kf_id)).toEqual(history)
  })

  test.concurrent('what is not staged may not be published', async () => {
    await using service = await works()
    const { kf_id } = await runningRelease(api, [service])
    expect(statusAndBody(await admin.post(`/releases/${kf_id}/publish`))).toEqual([
      400,
      { detail: 'The release in state running may not be published.' },
    ])
    expect(service.received('publish')).toEqual([])
    await cancel(kf_id)
    await reaches(api, kf_id, 'canceled')
  })
})
