import {
  eventually,
  type ScriptedTaskService,
  scriptedTaskService,
  type TaskServiceAction,
  type TaskServiceOptions,
} from '@slipway/testing'
import { expect } from 'vitest'
import { type Api, given, idOf } from './given.ts'
import type { LogEvent, Page, Release, Task } from './resources.ts'

/** A task service that is registered. */
export type Participant = ScriptedTaskService & { readonly id: string }

/** Registers a task service that takes part only in the releases it is started with. Disposing of it removes it. */
export async function participant(api: Api, options: TaskServiceOptions = {}): Promise<Participant> {
  const service = await scriptedTaskService(options)
  service.on('status', { says: { name: 'a scripted task service' } })
  const { kf_id: id } = await given(api).taskService(service.url)
  return Object.assign(service, {
    id,
    [Symbol.asyncDispose]: async () => {
      await api.admin.delete(`/task-services/${id}`)
      await service.refuse()
    },
  })
}

const turns = new WeakMap<Api, Promise<unknown>>()

/**
 * Starts a release over just these services, and returns it with its tasks. One at a time: every service that is enabled
 * takes part in every release that is started meanwhile.
 */
export function startRelease(api: Api, participants: readonly Participant[], fields: object = {}): Promise<Release> {
  const start = async () => {
    const enable = (enabled: boolean) =>
      Promise.all(participants.map(({ id }) => api.admin.patch(`/task-services/${id}`, { enabled })))
    await enable(true)
    try {
      const { kf_id } = await given(api).release(fields)
      return await eventually(async () => {
        const release = await releaseOf(api, kf_id)
        expect(release.tasks).toHaveLength(participants.length)
        return release
      })
    } finally {
      await enable(false)
    }
  }
  const started = (turns.get(api) ?? Promise.resolve()).catch(() => {}).then(start)
  turns.set(api, started)
  return started
}

export async function releaseOf({ anonymous }: Api, id: string): Promise<Release> {
  return (await anonymous.get<Release>(`/releases/${id}`)).body
}

/** Waits until the release is in the state, and returns it. */
export function reaches(api: Api, id: string, state: string): Promise<Release> {
  return eventually(
    async () => {
      const release = await releaseOf(api, id)
      expect(release.state, `release ${id}`).toBe(state)
      return release
    },
    { everyMs: 50 },
  )
}

export function taskReaches(api: Api, id: string, state: string): Promise<Task> {
  return eventually(
    async () => {
      const { body } = await api.anonymous.get<Task>(`/tasks/${id}`)
      expect(body.state, `task ${id}`).toBe(state)
      return body
    },
    { everyMs: 50 },
  )
}

/** The task of a release that is one service's part. */
export function taskOf(release: Release, { id }: Participant): Task {
  const task = release.tasks.find(candidate => idOf(candidate.task_service) === id)
  if (!task) throw new Error(`release ${release.kf_id} has no task for ${id}`)
  return task
}

/** Everything in the log about a release, oldest first. */
export async function historyOf({ anonymous }: Api, id: string): Promise<LogEvent[]> {
  const { body } = await anonymous.get<Page<LogEvent>>(`/events?release=${id}&limit=1000`)
  return body.results.toReversed()
}

export const messagesOf = (events: readonly LogEvent[]): string[] => events.map(event => event.message)

/** Waits until a task service was asked something so often. */
export function asked(service: Participant, action: TaskServiceAction, times = 1): Promise<true> {
  return eventually(() => service.received(action).length >= times, { everyMs: 20 })
}

/** What the log says of the release itself: the states it went through. */
export async function pathOf(api: Api, id: string): Promise<string[]> {
  const messages = messagesOf(await historyOf(api, id)).filter(message => message.startsWith(`release ${id},`))
  return messages.map(message => message.split(' ').at(-1) ?? '')
}

/** A task service at a release that runs, with nothing done yet. Reports are made by the test. */
export async function runningRelease(api: Api, participants: readonly Participant[], fields: object = {}) {
  const { kf_id } = await startRelease(api, participants, fields)
  await reaches(api, kf_id, 'running')
  return eventually(async () => {
    const release = await releaseOf(api, kf_id)
    expect(release.tasks.map(task => task.state)).toEqual(participants.map(() => 'running'))
    return release
  })
}
