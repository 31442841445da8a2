import { eventually } from '@slipway/testing'
import { beforeAll, expect, test } from 'vitest'
import type { CallerName } from './callers.ts'
import type { Api } from './given.ts'
import type { Message } from './http-client.ts'
import { lists, type Page, type Release, type Task } from './resources.ts'

export type BadRequest = {
  /** What is wrong with it. */
  readonly what: string
  /** Default `admin`. */
  readonly caller?: CallerName
  readonly method: string
  readonly path: string | (() => string)
  readonly message?: Message | (() => Message)
  /** Several where the documentation leaves it open. */
  readonly status: number | readonly number[]
  /** Default: a sentence under `detail`. `undefined` must be given for answers that come before any API is asked. */
  readonly body?: unknown
}

const sentence = { detail: expect.any(String) }
const valueNow = <Value>(given: Value | (() => Value)): Value => (given instanceof Function ? given() : given)

/** How many records of each kind there are. */
async function counts({ anonymous }: Api): Promise<Record<string, number>> {
  const pages = lists.map(async list => [list, (await anonymous.get<Page<unknown>>(`/${list}?limit=1`)).body.count])
  return Object.fromEntries(await Promise.all(pages))
}

/** Nothing of an earlier test is under way, which writes or removes by itself. */
async function quiet({ anonymous }: Api): Promise<boolean> {
  const states = ['waiting', 'initializing', 'running', 'publishing', 'canceling']
  const pages = states.map(async state => (await anonymous.get<Page<unknown>>(`/releases?limit=1&state=${state}`)).body)
  return (await Promise.all(pages)).every(({ count }) => count === 0) && (await hasNoOrphans(anonymous))
}

/** Tasks of task services that were removed go a little later, once their release has ended. */
async function hasNoOrphans(caller: Api['anonymous']): Promise<boolean> {
  const staged = (await caller.get<Page<Release>>('/releases?limit=100&state=staged')).body.results
  const waiting = new Set(staged.map(({ kf_id }) => kf_id))
  const tasks = (await caller.get<Page<Task>>('/tasks?limit=100')).body.results
  return tasks.every(task => task.task_service !== null || waiting.has(task.release.replace(/^.*\//, '')))
}

/** One test for each: the status and the body are as they must be, and nothing was written. */
export function refusesAll(api: Api, requests: readonly BadRequest[]): void {
  beforeAll(() => eventually(() => quiet(api)))
  test.each(requests.map(request => ({ ...request, caller: request.caller ?? ('admin' as const) })))(
    '$what: $method by $caller',
    async ({ caller, method, path, message = {}, status, ...request }) => {
      const before = await counts(api)
      const answer = await api[caller].send(method, valueNow(path), valueNow(message))
      expect([status].flat(), answer.text.slice(0, 300)).toContain(answer.status)
      expect(answer.body).toEqual('body' in request ? request.body : sentence)
      expect(await counts(api)).toEqual(before)
    },
  )
}
