import { eventually } from '@slipway/testing'
import { expect } from 'vitest'
import type { Client } from './odm-client.ts'

export const statuses = [
  ...['CREATED', 'QUEUEING', 'QUEUED', 'STARTING', 'RUNNING'],
  ...['DONE', 'FAILED', 'BLOCKED_BY_DEPENDENCY_FAILURE', 'KILLED'],
]
const final = statuses.slice(5)
const rank = (status: string) => Math.min(5, statuses.indexOf(status))

export type TaskInfo = {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly application: string
  readonly startedAt: number | null
  readonly endedAt: number | null
  readonly createdBy: string
}

/** What clients that were generated from ODM's definitions accept, and what its statuses say about the times. */
export function expectTaskInfo(body: TaskInfo): void {
  expect(Object.keys(body)).toEqual(['id', 'name', 'status', 'application', 'startedAt', 'endedAt', 'createdBy'])
  for (const key of ['id', 'name', 'status', 'application', 'createdBy'] as const)
    expect(body[key]).toBeTypeOf('string')
  expect(statuses).toContain(body.status)
  expect(body.id).toMatch(/^[A-Z]{2}_[0-9A-HJKMNP-TV-Z]{8}$/)
  const { status, startedAt, endedAt } = body
  if (['CREATED', 'QUEUEING', 'QUEUED'].includes(status)) expect(startedAt).toBeNull()
  if (['STARTING', 'RUNNING', 'DONE'].includes(status)) expect(startedAt).toSatisfy(isMilliseconds)
  if (final.includes(status)) expect(endedAt).toSatisfy(isMilliseconds)
  else expect(endedAt).toBeNull()
  if (startedAt !== null && endedAt !== null) expect(endedAt).toBeGreaterThanOrEqual(startedAt)
}

/** An integer, of this century, and not from the future. */
function isMilliseconds(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 1.7e12 && Number(value) <= Date.now() + 1000
}

/** Reads a task until it has ended, and sees to it that it never goes back and keeps what it is. */
export async function endOf(client: Client, id: string, timeoutMs = 30_000): Promise<TaskInfo> {
  let before: TaskInfo | undefined
  return eventually(
    async () => {
      const { status, body, text } = await client.get(`tasks/${id}`)
      expect(status, text).toBe(200)
      const task = body as TaskInfo
      expectTaskInfo(task)
      if (before) {
        expect(rank(task.status)).toBeGreaterThanOrEqual(rank(before.status))
        const { name, application, createdBy, startedAt } = before
        expect(task).toMatchObject({ name, application, createdBy, ...(startedAt !== null && { startedAt }) })
      }
      before = task
      if (!final.includes(task.status)) throw new Error(`task ${id} is ${task.status}`)
      return task
    },
    { timeoutMs },
  )
}
