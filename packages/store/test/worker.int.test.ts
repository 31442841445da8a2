import { describe, expect, onTestFinished, test } from 'vitest'
import { startWorker } from '../src/mod.ts'
import { eventually, log, testStore } from './open-test-store.ts'

const take = {
  name: 'test.take',
  text: `update job set taken = true where id in (
    select id from job where not taken order by id limit $1 for update skip locked) returning id`,
}

async function jobs() {
  const store = await testStore()
  await store.write({
    name: 'test.create',
    text: 'create table job (id int primary key, taken boolean not null default false)',
  })
  const add = { name: 'test.add', text: 'insert into job select generate_series($1::int, $2::int)' }
  return { store, add: (from: number, to: number) => store.write(add, [from, to]) }
}

describe('a worker over a table of its own', () => {
  test('is woken by kicks, many of which are one look', async () => {
    const { store, add } = await jobs()
    const handled: number[] = []
    let looks = 0
    const worker = startWorker<{ id: number }>({
      name: 'jobs',
      take: async limit => {
        looks++
        return store.write<{ id: number }>(take, [limit])
      },
      handle: async ({ id }) => void handled.push(id),
      concurrency: 4,
      pollMs: 3_600_000,
      log,
    })
    onTestFinished(() => worker.stop())
    await eventually(() => looks === 1)
    await add(1, 2)
    for (let i = 0; i < 1_000; i++) worker.kick()
    await eventually(() => handled.length === 2)
    expect(looks).toBeLessThanOrEqual(4)
    await add(3, 30)
    worker.kick()
    await eventually(() => handled.length === 30)
  })

  test('slows down when what is said to be due cannot be taken', async () => {
    let looks = 0
    const startedAt = performance.now()
    const worker = startWorker({
      name: 'jobs',
      take: async () => {
        looks++
        return []
      },
      next: async () => 0,
      handle: async () => {},
      concurrency: 1,
      pollMs: 3_600_000,
      log,
    })
    onTestFinished(() => worker.stop())
    await eventually(() => looks >= 8)
    expect(performance.now() - startedAt).toBeGreaterThan(2 + 4 + 8 + 16 + 32 + 64)
  })

  test('polls for what nobody announced', async () => {
    const { store, add } = await jobs()
    const handled: number[] = []
    const worker = startWorker<{ id: number }>({
      name: 'jobs',
      take: limit => store.write<{ id: number }>(take, [limit]),
      handle: async ({ id }) => void handled.push(id),
      concurrency: 1,
      pollMs: 20,
      log,
    })
    onTestFinished(() => worker.stop())
    await add(1, 3)
    await eventually(() => handled.length === 3)
  })

  test('goes on after errors of taking and of handling', async () => {
    const { store, add } = await jobs()
    const handled: number[] = []
    let failures = 2
    const worker = startWorker<{ id: number }>({
      name: 'jobs',
      take: async limit => {
        if (failures-- > 0) throw new Error('no database')
        return store.write<{ id: number }>(take, [limit])
      },
      handle: async ({ id }) => {
        handled.push(id)
        throw new Error('no luck')
      },
      concurrency: 2,
      pollMs: 3_600_000,
      log,
    })
    onTestFinished(() => worker.stop())
    await add(1, 5)
    await eventually(() => handled.length === 5)
    expect(handled).toEqual([1, 2, 3, 4, 5])
  })
})
