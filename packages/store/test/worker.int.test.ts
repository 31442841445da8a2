import { once } from 'node:events'
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

  test('renews the lease of what takes longer, and says when it is lost', async () => {
    const renewals: number[] = []
    let owned = true
    const lost: string[] = []
    const { take } = held([7])
    const worker = startWorker<number>({
      name: 'jobs',
      take,
      lease: {
        ms: 30,
        renew: async item => {
          renewals.push(item)
          // One that fails says nothing about whose the item is.
          if (renewals.length === 2) throw new Error('no database')
          return owned
        },
      },
      async handle(item, run) {
        await once(run.lost, 'abort')
        lost.push(`${item}: ${run.lost.reason.message}`)
      },
      concurrency: 1,
      pollMs: 3_600_000,
      log,
    })
    onTestFinished(() => worker.stop())
    await eventually(() => renewals.length >= 4)
    expect(lost).toEqual([])
    owned = false
    await eventually(() => lost.length === 1)
    expect(lost).toEqual(['7: the lease is another one’s by now'])
    expect(new Set(renewals)).toEqual(new Set([7]))
  })

  test('lets what is under way end when it stops, as long as its patience lasts', async () => {
    const { take } = held([1, 2, 3])
    const done: string[] = []
    const started: number[] = []
    const ends = Promise.withResolvers<void>()
    const worker = startWorker<number>({
      name: 'jobs',
      take,
      async handle(item, { leaving }) {
        started.push(item)
        if (item === 1) await ends.promise
        else await once(leaving, 'abort')
        done.push(`${item}: ${leaving.aborted}`)
      },
      concurrency: 2,
      pollMs: 3_600_000,
      stopPatienceMs: 100,
      log,
    })
    await eventually(() => started.length === 2)
    const stopped = worker.stop()
    ends.resolve()
    await stopped
    expect({ done, started }).toEqual({ done: ['1: false', '2: true'], started: [1, 2] })
  })

  test('leaves at once without patience, and waits for ever without a limit', async () => {
    for (const stopPatienceMs of [0, undefined]) {
      const { take } = held([1])
      const started = Promise.withResolvers<AbortSignal>()
      const ends = Promise.withResolvers<void>()
      const worker = startWorker<number>({
        name: 'jobs',
        take,
        async handle(_, { leaving }) {
          started.resolve(leaving)
          await ends.promise
        },
        concurrency: 1,
        pollMs: 3_600_000,
        ...(stopPatienceMs !== undefined && { stopPatienceMs }),
        log,
      })
      const leaving = await started.promise
      const stopped = worker.stop()
      expect(leaving.aborted).toBe(stopPatienceMs === 0)
      ends.resolve()
      await stopped
    }
  })
})

/** Items that are taken once. */
function held(items: number[]) {
  return { take: async (limit: number) => items.splice(0, limit) }
}
