import type { OperationHandler } from '@slipway/bus'
import { sourceOperations, taskOperations } from '@slipway/contracts'
import { eventually, type ObjectStore, objectStore } from '@slipway/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { as, type RunningExporter, startExporter } from './start-exporter.ts'

const opened = new AsyncDisposableStack()
let objects: ObjectStore
let running: RunningExporter
beforeAll(async () => {
  objects = opened.use(await objectStore())
  running = opened.use(await startExporter(objects.environment))
  const coordinator = {
    operation: taskOperations.update,
    handle: async ({ kf_id }: { kf_id: string }) => ({ body: { kf_id } }),
  } as unknown as OperationHandler
  await running.bus.serve([coordinator], {
    queue: 'tests',
    identify: async token => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).identity,
  })
})
afterAll(() => opened.disposeAsync())

const patience = { timeoutMs: 60_000 }
const away = { state: 'running', message: 'The object store gives no usable answer.' }

async function taskOf(number: number) {
  const id = String(number).padStart(8, '0')
  const target = await running.dictionary(`OUT${number}`, ['A'])
  const bound = { ...target, body: { extras: { study_id: `SD_${id}` } } }
  await running.bus.call(sourceOperations.update, bound, as('staff'))
  return async (action: string) => {
    const command = { action, task_id: `TA_${id}`, release_id: `RE_${id}`, studies: [`SD_${id}`] }
    const { body } = await running.bus.requestRaw('slipway-tasks.exporter.tasks', Buffer.from(JSON.stringify(command)))
    return JSON.parse(Buffer.from(body).toString('utf8'))
  }
}

/** Whatever was tried before. */
const lastTry = () =>
  running.store.write({
    name: 'test.last-try',
    text: `update release_task set attempt = 9, due_at = clock_timestamp() where state = 'running' and lease is null
      returning task`,
  })

it('a task waits for an object store that its exports cannot be written to, says so, and goes on by itself', async () => {
  const say = await taskOf(1)
  await objects.close()
  await say('start')
  await eventually(async () => expect(await say('get_status')).toMatchObject(away), patience)
  await objects.reopen()
  await eventually(async () => expect((await say('get_status')).state).toBe('staged'), patience)
  expect(await say('get_status')).not.toHaveProperty('message')
})

it('a task waits for an object store that its exports cannot be read from, whatever was tried before', async () => {
  const say = await taskOf(2)
  const isRead = ({ method }: { readonly method: string }) => method === 'GET'
  const reads = () => objects.requests.filter(isRead).length
  const held = objects.hold({ when: isRead, status: 503 })
  await say('start')
  await eventually(async () => expect(await say('get_status')).toMatchObject({ ...away, progress: 0 }), patience)
  await eventually(async () => expect(await lastTry()).toHaveLength(1), patience)
  const before = reads()
  await eventually(() => reads() > before, patience)
  await eventually(async () => expect(await lastTry()).toHaveLength(1), patience)
  expect(await say('get_status')).toMatchObject(away)
  held[Symbol.dispose]()
  await eventually(async () => expect((await say('get_status')).state).toBe('staged'), patience)
  expect(await say('get_status')).not.toHaveProperty('message')
})
