import { eventually } from '@slipway/testing'
import { describe, expect, test } from 'vitest'
import { api } from './support/api.ts'
import { given } from './support/given.ts'
import { statusAndBody } from './support/http-client.ts'
import type { LogEvent, Page, Task } from './support/resources.ts'
import {
  historyOf,
  messagesOf,
  participant,
  pathOf,
  reaches,
  releaseOf,
  runningRelease,
  taskOf,
} from './support/saga.ts'

const { anonymous, admin, dev } = api
const remove = (id: string) => dev.delete(`/task-services/${id}`)

describe('a task service that is deleted', () => {
  test('takes its tasks with it, and leaves the events without it', async () => {
    await using service = await participant(api)
    await using other = await participant(api)
    const { kf_id: release } = await given(api).release()
    await reaches(api, release, 'staged')
    const gone = await given(api).task({ release, task_service: service.id, state: 'staged' })
    const stays = await given(api).task({ release, task_service: other.id, state: 'staged' })
    const event = await given(api).event({ release, task: gone.kf_id, task_service: service.id })

    expect(statusAndBody(await remove(service.id))).toEqual([204, undefined])
    expect((await anonymous.get(`/task-services/${service.id}`)).status).toBe(404)
    await eventually(async () => (await anonymous.get(`/tasks/${gone.kf_id}`)).status === 404)
    expect((await releaseOf(api, release)).tasks.map(task => task.kf_id)).toEqual([stays.kf_id])
    const { body } = await anonymous.get<LogEvent>(`/events/${event.kf_id}`)
    expect(body).toEqual({ ...event, task: null, task_service: null })
    expect((await anonymous.get<Page<Task>>(`/events?task_service=${service.id}`)).body.count).toBe(0)
    expect((await anonymous.get(`/tasks?task_service=${service.id}`)).status).toBe(400)
    expect((await remove(service.id)).status).toBe(404)
  })

  test('while a release needs it fails its task, then the release', async () => {
    await using service = await participant(api, { finishes: false })
    await using sister = await participant(api, { finishes: false })
    const release = await runningRelease(api, [service, sister])
    const task = taskOf(release, service)
    expect((await remove(service.id)).status).toBe(204)
    await reaches(api, release.kf_id, 'failed')
    expect(sister.received('cancel')).toHaveLength(1)
    await eventually(async () => (await releaseOf(api, release.kf_id)).tasks.length === 1)
    expect((await releaseOf(api, release.kf_id)).tasks).toMatchObject([{ state: 'canceled' }])
    expect(messagesOf(await historyOf(api, release.kf_id))).toContain(
      `task ${task.kf_id} changed from running to failed`,
    )
    expect((await pathOf(api, release.kf_id)).at(-1)).toBe('failed')
  })

  test('after the end of a release changes nothing of its state', async () => {
    await using service = await participant(api, { finishes: false })
    const { kf_id } = await runningRelease(api, [service])
    await admin.delete(`/releases/${kf_id}`)
    await reaches(api, kf_id, 'canceled')
    await remove(service.id)
    await eventually(async () => (await releaseOf(api, kf_id)).tasks.length === 0)
    expect((await releaseOf(api, kf_id)).state).toBe('canceled')
  })
})

test('a task service that is disabled takes no part in new releases, but ends what it began', async () => {
  await using service = await participant(api, { finishes: false })
  const running = await runningRelease(api, [service])
  expect((await anonymous.get(`/task-services/${service.id}`)).body).toMatchObject({ enabled: false })
  const { kf_id } = await given(api).release()
  expect(await reaches(api, kf_id, 'staged')).toMatchObject({ tasks: [] })
  await service.finish(taskOf(running, service).kf_id)
  await reaches(api, running.kf_id, 'staged')
})
