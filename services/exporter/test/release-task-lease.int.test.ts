import { openStore, type Store } from '@slipway/store'
import { captureLog, createDatabase } from '@slipway/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  findTask,
  moveTask,
  noteCommand,
  noteCut,
  noteTold,
  settleTask,
  takeTasks,
} from '../src/release-task/release-task.store.ts'

const opened = new AsyncDisposableStack()
let store: Store
beforeAll(async () => {
  const database = opened.use(await createDatabase({ migrations: [new URL('../migrations', import.meta.url)] }))
  store = opened.use(await openStore({ url: database.url, log: captureLog().log, name: 'exporter-test' }))
})
afterAll(() => opened.disposeAsync())

it('a worker that was stopped for a while settles nothing of a task that another one has taken over', async () => {
  await noteCommand(store, { action: 'start', task_id: 'TA_00000001', release_id: 'RE_00000001', studies: [] })
  const [late] = await takeTasks(store, 10, 0)
  const [holder] = await takeTasks(store, 10, 60)
  if (!late || !holder) throw new Error('nothing was taken')
  expect(holder.task).toBe(late.task)

  const failed = { state: 'failed', progress: 0, error: 'late' } as const
  expect(await moveTask(store, late, 'running', failed)).toBe(false)
  expect(await noteCut(store, late)).toBe(false)
  await noteTold(store, late, { state: 'failed', progress: 50 })
  await settleTask(store, late, null, 9)
  expect(await findTask(store.read, late.task)).toEqual(holder)

  expect(await noteCut(store, holder)).toBe(true)
  expect(await moveTask(store, holder, 'running', { state: 'staged', progress: 100 })).toBe(true)
  await settleTask(store, holder, null, 0)
  expect(await findTask(store.read, late.task)).toMatchObject({ state: 'staged', lease: null, attempt: 0 })
})
