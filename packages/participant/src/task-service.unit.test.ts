import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '@slipway/testing'
import { expect, test } from 'vitest'
import type { Report } from './platform.ts'
import type { TaskAction } from './protocol.ts'
import { memoryTasks } from './task-book.ts'
import { type TaskHandlers, taskService, type WorkRecord } from './task-service.ts'

type Result = { readonly words: number }

const ids = { task_id: 'TA_00000001', release_id: 'RE_00000001', studies: ['SD_00000001'] }
const file = { name: 'words.txt', url: 'https://files.example.org/words.txt' }

function world(handlers: Partial<TaskHandlers<Result>> = {}) {
  const tasks = memoryTasks<WorkRecord<Result>>()
  const reports: Report[] = []
  const said: string[] = []
  const open = () =>
    taskService<Result>({
      ...{ name: 'words', message: 'counts words', version: '1.0.0', tasks },
      stage: async () => ({ files: [file], result: { words: 7 } }),
      ...handlers,
      platform: { report: async (_, report) => void reports.push(report) },
      log: line => void said.push(line),
    })
  const service = open()
  const ask = (action: TaskAction, of = service) => of.obey({ action, ...ids })
  const until = (state: string) => eventually(async () => expect(await ask('get_status')).toMatchObject({ state }))
  return { ask, open, reports, said, tasks, until, service }
}

test('a few handlers are a whole task service', async () => {
  const published: unknown[] = []
  const { ask, reports, until } = world({ publish: async ({ task }) => void published.push(task.result) })
  expect(await ask('initialize')).toEqual({ state: 'initialized', progress: 0 })
  expect(await ask('start')).toEqual({ state: 'running', progress: 0 })
  await until('staged')
  expect(await ask('get_status')).toEqual({ state: 'staged', progress: 100, files: [file] })
  expect(await ask('publish')).toEqual({ state: 'publishing', progress: 0 })
  await until('published')
  expect(published).toEqual([{ words: 7 }])
  expect(reports).toEqual([
    { state: 'staged', progress: 100, files: [file] },
    { state: 'published', progress: 100 },
  ])
})

test('commands of one task come one after the other, and each is done once', async () => {
  let checks = 0
  let works = 0
  const { ask, until } = world({
    async check() {
      await new Promise(setImmediate)
      checks += 1
    },
    async stage() {
      works += 1
      return undefined
    },
  })
  const actions = ['initialize', 'initialize', 'start', 'start'] as const
  expect((await Promise.all(actions.map(action => ask(action)))).map(({ state }) => state)).toEqual([
    'initialized',
    'initialized',
    'running',
    'running',
  ])
  await until('staged')
  expect([checks, works]).toEqual([1, 1])
})

test('what the check throws refuses the task, which is not kept', async () => {
  const { ask, tasks } = world({
    async check() {
      throw new Error('no such study')
    },
  })
  await expect(ask('initialize')).rejects.toMatchObject({ status: 400, message: 'no such study' })
  expect(tasks.all()).toEqual([])
})

test('progress is kept, and reported every five percent', async () => {
  let proceed = () => {}
  const { ask, reports, until } = world({
    async stage({ progress }) {
      for (let percent = 1; percent <= 12; percent += 1) progress(percent)
      await new Promise<void>(resolve => {
        proceed = resolve
      })
      throw new Error('out of words')
    },
  })
  await ask('initialize')
  await ask('start')
  await eventually(async () => expect(await ask('get_status')).toEqual({ state: 'running', progress: 12 }))
  proceed()
  await until('failed')
  expect(reports).toEqual([{ progress: 5 }, { progress: 10 }, { state: 'failed', progress: 12 }])
  await expect(ask('publish')).rejects.toMatchObject({ status: 400 })
})

test('a cancel stops the work before it is answered, and nothing of it is reported', async () => {
  const removed: string[] = []
  let stopped = false
  const { ask, reports, said } = world({
    async stage({ signal }) {
      await delay(3_600_000, undefined, { signal }).finally(() => {
        stopped = true
      })
      return undefined
    },
    cancel: async ({ task_id }) => void removed.push(task_id),
  })
  await ask('initialize')
  await ask('start')
  await expect(ask('cancel')).resolves.toEqual({ state: 'canceled', progress: 0 })
  expect(stopped).toBe(true)
  // Whoever died before its answer is asked again, and may have more to remove.
  await ask('cancel')
  expect(removed).toEqual([ids.task_id, ids.task_id])
  expect([reports, said]).toEqual([[], []])
  await expect(ask('start')).rejects.toMatchObject({ status: 400 })
})

test('a fault of a handler goes to the log, and the next command is taken', async () => {
  let faults = 1
  const { ask, said } = world({
    async cancel() {
      if (faults-- > 0) throw new Error('the disk is gone')
    },
  })
  await ask('initialize')
  await expect(ask('cancel')).rejects.toThrow('the disk is gone')
  expect(said).toEqual(['task TA_00000001: Error: the disk is gone'])
  expect(await ask('cancel')).toEqual({ state: 'canceled', progress: 0 })
})

test('a cancel that is refused stops no work', async () => {
  let proceed = () => {}
  const { ask, service, until } = world({
    async stage({ signal }) {
      await new Promise<void>(resolve => {
        proceed = resolve
      })
      signal.throwIfAborted()
      return undefined
    },
  })
  await ask('initialize')
  await ask('start')
  await expect(service.obey({ action: 'cancel', ...ids, release_id: 'RE_00000002' })).rejects.toThrow('RE_00000001')
  proceed()
  await until('staged')
})

test('work that was stopped is begun anew by whoever opens the book next', async () => {
  let works = 0
  const { ask, open, service, reports } = world({
    async stage({ signal }) {
      works += 1
      if (works === 1) await delay(3_600_000, undefined, { signal })
      return undefined
    },
  })
  await ask('initialize')
  await ask('start')
  await service.close()
  const next = open()
  await eventually(async () => expect(await ask('get_status', next)).toMatchObject({ state: 'staged' }))
  expect(works).toBe(2)
  await eventually(() => reports.length > 0)
  await next.close()
})
