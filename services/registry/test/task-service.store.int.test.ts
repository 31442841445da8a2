import { newId } from '@slipway/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createTaskService,
  deleteTaskService,
  listTaskServices,
  readTaskService,
  updateTaskService,
} from '../src/task-service/task-service.store.ts'
import { byAda, fields, lockAwaited, openDatabase, sql } from './open-database.ts'

let database: Awaited<ReturnType<typeof openDatabase>>
beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const create = async (more: Partial<typeof fields> | { enabled: boolean } = {}) =>
  JSON.parse(await createTaskService(database.store, { ...fields, ...more }, byAda)) as { kf_id: string }

describe('rendering', () => {
  test('has the fields in the order of the Kids First Release Coordinator, without blanks', async () => {
    const { kf_id } = await create()
    await sql(
      database.store,
      `update task_service set created_at = '2018-09-13T19:48:49.467518Z' where kf_id = $1`,
      kf_id,
    )
    expect(await readTaskService(database.store, kf_id)).toBe(
      `{"kf_id":"${kf_id}","name":"etl","description":"Loads the data","last_ok_status":0,"author":"ada",` +
        '"health_status":"ok","url":"http://etl-task-service","created_at":"2018-09-13T19:48:49.467518Z","enabled":true}',
    )
  })

  test.each([
    ['2018-09-13T21:48:49+02', '2018-09-13T19:48:49Z'],
    ['2018-09-13T19:48:49.1Z', '2018-09-13T19:48:49.100000Z'],
    ['2018-12-31T23:59:59.000001Z', '2018-12-31T23:59:59.000001Z'],
  ])('writes the time %s as %s', async (time, text) => {
    const { kf_id } = await create()
    await sql(database.store, 'update task_service set created_at = $2::timestamptz where kf_id = $1', kf_id, time)
    expect(JSON.parse((await readTaskService(database.store, kf_id)) as string)).toMatchObject({ created_at: text })
  })

  test.each([
    [3, 'ok'],
    [4, 'down'],
  ])('after %i failed checks the health is %s', async (failures, health) => {
    const { kf_id } = await create()
    await sql(database.store, 'update task_service set last_ok_status = $2 where kf_id = $1', kf_id, failures)
    expect(JSON.parse((await readTaskService(database.store, kf_id)) as string)).toMatchObject({
      health_status: health,
    })
  })
})

test('an id that is taken is not used, neither that of a service that is deleted', async () => {
  const living = await create()
  const dead = await create()
  await deleteTaskService(database.store, dead.kf_id, byAda)
  const free = newId('TS')
  const ids = [living.kf_id, dead.kf_id, free]
  const body = await createTaskService(database.store, fields, byAda, () => ids.shift() as string)
  expect(JSON.parse(body)).toMatchObject({ kf_id: free })
  await expect(createTaskService(database.store, fields, byAda, () => living.kf_id)).rejects.toMatchObject({
    constraint: 'task_service_pkey',
  })
})

test('a change sees what another transaction changed while it waited', async () => {
  const { kf_id } = await create()
  let second: Promise<string | undefined> | undefined
  await database.store.transaction(async tx => {
    await tx.query({ name: 'test.rename', text: `update task_service set name = 'moved', seq = 2 where kf_id = $1` }, [
      kf_id,
    ])
    second = updateTaskService(database.store, kf_id, { enabled: false }, { ...byAda, turn: 1 })
    await lockAwaited(database.store)
  })
  expect(JSON.parse((await second) as string)).toMatchObject({ name: 'moved', enabled: false })
  const [row] = await sql<{ seq: number }>(database.store, 'select seq from task_service where kf_id = $1', kf_id)
  expect(row?.seq).toBe(3)
})

test('what another transaction has just made of it is no change any more', async () => {
  const { kf_id } = await create()
  let second: Promise<string | undefined> | undefined
  await database.store.transaction(async tx => {
    await tx.query(
      { name: 'test.disable', text: 'update task_service set enabled = false, seq = 2 where kf_id = $1' },
      [kf_id],
    )
    second = updateTaskService(database.store, kf_id, { enabled: false }, { ...byAda, turn: 1 })
    await lockAwaited(database.store)
  })
  expect(JSON.parse((await second) as string)).toMatchObject({ enabled: false })
  const told = await sql(database.store, `select from platform.outbox where aggregate = $1 and verb = 'updated'`, kf_id)
  expect(told).toHaveLength(0)
})

test('counts stay exact, whatever happens to the services', async () => {
  const { store } = database
  await Promise.all(Array.from({ length: 20 }, (_, index) => create({ enabled: index % 3 === 0 })))
  const rows = await sql<{ kf_id: string }>(store, 'select kf_id from task_service order by kf_id')
  await Promise.all(
    rows.map(({ kf_id }, index) => {
      if (index % 4 === 0) return deleteTaskService(store, kf_id, byAda)
      return updateTaskService(store, kf_id, { enabled: index % 2 === 0, name: `n${index}` }, { ...byAda, turn: 1 })
    }),
  )
  const [counted] = await sql<Record<string, number>>(
    store,
    `select count(*) as total, count(*) filter (where enabled) as enabled from task_service`,
  )
  const page = { limit: 5, offset: 0 }
  expect((await listTaskServices(store, page, undefined)).count).toBe(counted?.total)
  expect((await listTaskServices(store, page, true)).count).toBe(counted?.enabled)
  expect((await listTaskServices(store, page, false)).count).toBe((counted?.total ?? 0) - (counted?.enabled ?? 0))
})
