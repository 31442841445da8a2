import { expect } from 'vitest'
import type { CallerName } from './callers.ts'
import type { Answer, Client } from './http-client.ts'
import { type LogEvent, type Release, type ReleaseNote, studies, type Task, type TaskService } from './resources.ts'

export type Api = Readonly<Record<CallerName, Client>>

/** The record that a call made; fails with the answer if it made none. */
export async function made<Body>(answer: Promise<Answer<Body>>): Promise<Body> {
  const { status, body, text } = await answer
  expect(status, text).toBe(201)
  return body
}

export const idOf = (link: string | null): string | undefined => link?.slice(-11)

/** Makes what a test is about; every field has a value that is good unless the test gives another. */
export function given({ admin }: Api) {
  const release = (fields: object = {}) =>
    made(admin.post<Release>('/releases', { name: 'a release', studies: [studies.dipg], ...fields }))
  const event = (fields: object = {}) => made(admin.post<LogEvent>('/events', { message: 'an event', ...fields }))
  const note = (fields: { readonly release: string }) =>
    made(admin.post<ReleaseNote>('/release-notes', { description: 'a note', ...fields }))
  const task = (fields: {
    readonly release: string
    readonly task_service: string
    readonly [field: string]: unknown
  }) => made(admin.post<Task>('/tasks', fields))
  /** Not enabled, so that releases of others pass it by. */
  const taskService = (url: string, fields: object = {}) =>
    made(
      admin.post<TaskService>('/task-services', {
        name: 'a task service',
        description: 'does its part',
        author: 'ada',
        url,
        enabled: false,
        ...fields,
      }),
    )
  return { release, event, note, task, taskService }
}
