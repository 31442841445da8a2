import { captureLog } from '@slipway/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { every, inBackground, type Store, startTimers, startWorker } from '../src/mod.ts'
import { eventually, log, testStore } from './open-test-store.ts'

const one = { name: 'test.one', text: 'select 1 as one' }

/** A worker whose items each keep a connection in a transaction until they are let go. */
function greedyWorker(store: Store) {
  const letGo = Promise.withResolvers<void>()
  let holding = 0
  let left = 100
  const worker = startWorker({
    name: 'greedy',
    take: async limit => Array.from({ length: Math.min(limit, left) }, () => left--),
    handle: () =>
      store.transaction(async tx => {
        await tx.query(one)
        holding += 1
        await letGo.promise
        holding -= 1
      }),
    concurrency: 50,
    pollMs: 20,
    log,
  })
  const stop = async () => {
    letGo.resolve()
    await worker.stop()
  }
  onTestFinished(stop)
  return {
    get holding() {
      return holding
    },
    stop,
  }
}

describe('background work', () => {
  test.each([
    [10, 7],
    [3, 2],
    [2, 1],
  ])('of a pool of %i never holds more than %i connections', async (poolSize, most) => {
    const store = await testStore({ poolSize })
    const greedy = greedyWorker(store)
    await eventually(() => greedy.holding === most)
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.write(one)))
    expect(answers.flat()).toHaveLength(20)
    expect(greedy.holding).toBe(most)
    await greedy.stop()
    expect(store.stats().pool.waiting).toBe(0)
  })

  test('that holds a connection gets the one more that it needs to go on', async () => {
    const store = await testStore({ poolSize: 10 })
    const nested = () =>
      inBackground(() =>
        store.transaction(async tx => {
          await tx.query(one)
          return store.write<{ one: number }>(one)
        }),
      )
    const done = await Promise.all(Array.from({ length: 40 }, nested))
    expect(done.flat()).toHaveLength(40)
  })

  test('that is started while the pool is taken begins as soon as it can, and ends nothing', async () => {
    const store = await testStore({ poolSize: 2 })
    const greedy = greedyWorker(store)
    await eventually(() => greedy.holding === 1)
    let runs = 0
    const job = every({ store, name: 'job', everyMs: 60_000, run: async () => void runs++, log })
    onTestFinished(() => job.stop())
    await store.write(one)
    expect(runs).toBe(0)
    await greedy.stop()
    await eventually(() => runs === 1)
  })

  test('whose preparation fails says so and tries again', async () => {
    const store = await testStore()
    const { log: captured, matching } = captureLog()
    let tries = 0
    let runs = 0
    const worker = startTimers({
      store,
      name: 'prepared',
      async prepare() {
        if (++tries < 3) throw new Error('not yet')
        await store.write({
          name: 'test.due',
          text: `insert into platform.timer (name, key, due_at) values ('prepared', '', clock_timestamp())`,
        })
      },
      async handle() {
        runs += 1
      },
      log: captured,
    })
    onTestFinished(() => worker.stop())
    await eventually(() => runs === 1)
    expect(tries).toBe(3)
    expect(matching('no work could be taken; trying again')).toHaveLength(2)
  })
})
