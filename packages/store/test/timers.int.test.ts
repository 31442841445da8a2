import { describe, expect, onTestFinished, test } from 'vitest'
import { cancelTimer, every, type Store, setTimer, startTimers, type TimersOptions } from '../src/mod.ts'
import { anotherStore, eventually, log, testDatabase, testStore } from './open-test-store.ts'

const count = { name: 'test.count', text: 'select count(*) from platform.timer' }
const rows = {
  name: 'test.rows',
  text: 'select key, payload, attempt, last_error, leased_until is null as free from platform.timer order by key',
}
const timers = async (store: Store) => (await store.read<{ count: number }>(count))[0]?.count
const inMs = (ms: number) => new Date(Date.now() + ms)

function start<Payload>(options: Omit<TimersOptions<Payload>, 'log'>) {
  const worker = startTimers<Payload>({ log, pollMs: 50, ...options })
  onTestFinished(() => worker.stop())
  return worker
}

describe('timers', () => {
  test('a hundred of them, five replicas: each handled once, then gone', async () => {
    const url = await testDatabase()
    const stores = await Promise.all([1, 2, 3, 4, 5].map(() => anotherStore(url, { poolSize: 3, readConnections: 1 })))
    const [store] = stores as [Store, ...Store[]]
    for (let n = 0; n < 100; n++) await setTimer(store, { name: 'job', key: `job-${n}`, payload: { n } })
    const handled: number[] = []
    for (const each of stores) {
      start<{ n: number }>({
        store: each,
        name: 'job',
        concurrency: 4,
        handle: async ({ payload }) => void handled.push(payload.n),
      })
    }
    await eventually(async () => (await timers(store)) === 0)
    expect(handled.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n))
  })

  test('keeps to the number of runs at a time, and fills places as they become free', async () => {
    const store = await testStore()
    for (let n = 0; n < 12; n++) await setTimer(store, { name: 'job', key: `job-${n}` })
    let running = 0
    let most = 0
    start({
      store,
      name: 'job',
      concurrency: 3,
      pollMs: 3_600_000,
      handle: async () => {
        most = Math.max(most, ++running)
        await new Promise(resolve => setTimeout(resolve, 5))
        running--
      },
    })
    await eventually(async () => (await timers(store)) === 0)
    expect(most).toBe(3)
  })

  test('run when they are due: not before, and without waiting for a poll', async () => {
    const store = await testStore()
    const handled: string[] = []
    const early: string[] = []
    const worker = start({
      store,
      name: 'job',
      concurrency: 1,
      pollMs: 3_600_000,
      handle: async ({ key, dueAt }) => {
        handled.push(key)
        if (Date.now() < Date.parse(dueAt)) early.push(key)
      },
    })
    const soon = inMs(1_000)
    await setTimer(store, { name: 'job', key: 'later', dueAt: new Date(soon.getTime() + 250) })
    await setTimer(store, { name: 'job', key: 'soon', dueAt: soon })
    await setTimer(store, { name: 'job', key: 'never', dueAt: inMs(3_600_000) })
    await setTimer(store, { name: 'other', key: 'not ours' })
    worker.kick()
    await eventually(() => handled.length === 2)
    expect({ handled, early }).toEqual({ handled: ['soon', 'later'], early: [] })
    await eventually(async () => (await timers(store)) === 2)
  })

  test('set again: the last time and payload count; cancelled: gone', async () => {
    const store = await testStore()
    await setTimer(store, { name: 'job', key: 'a', dueAt: inMs(3_600_000), payload: 'first' })
    await setTimer(store, { name: 'job', key: 'a', payload: ['second'] })
    await setTimer(store, { name: 'job', key: 'b' })
    expect(await cancelTimer(store, { name: 'job', key: 'b' })).toBe(true)
    expect(await cancelTimer(store, { name: 'job', key: 'b' })).toBe(false)
    const rolledBack = store.transaction(async tx => {
      await setTimer(tx, { name: 'job', key: 'c' })
      throw new Error('no')
    })
    await expect(rolledBack).rejects.toThrow('no')
    const handled: unknown[] = []
    start({ store, name: 'job', handle: async ({ key, payload }) => void handled.push([key, payload]) })
    await eventually(async () => (await timers(store)) === 0)
    expect(handled).toEqual([['a', ['second']]])
  })

  test('set while it runs: runs once more, afterwards', async () => {
    const store = await testStore()
    const log: unknown[] = []
    let release = () => {}
    const gate = new Promise<void>(resolve => (release = resolve))
    start<string>({
      store,
      name: 'job',
      handle: async ({ payload, attempt }) => {
        log.push(`${payload} starts, attempt ${attempt}`)
        if (payload === 'first') await gate
        log.push(`${payload} ends`)
      },
    })
    await setTimer(store, { name: 'job', key: 'a', payload: 'first' })
    await eventually(() => log.length === 1)
    await setTimer(store, { name: 'job', key: 'a', payload: 'second' })
    release()
    await eventually(async () => (await timers(store)) === 0)
    expect(log).toEqual(['first starts, attempt 1', 'first ends', 'second starts, attempt 1', 'second ends'])
  })

  test('a run whose lease is over is taken over, and cannot settle the timer any more', async () => {
    const url = await testDatabase()
    const [slow, quick] = await Promise.all([anotherStore(url), anotherStore(url)])
    let wakeSlow = () => {}
    const gate = new Promise<void>(resolve => (wakeSlow = resolve))
    let slowStarted = false
    const stuck = start({
      store: slow,
      name: 'job',
      leaseMs: 150,
      concurrency: 1,
      handle: async () => {
        slowStarted = true
        await gate
      },
    })
    await setTimer(slow, { name: 'job', key: 'a' })
    await eventually(() => slowStarted)
    const attempts: number[] = []
    start({
      store: quick,
      name: 'job',
      handle: async ({ attempt }) => {
        attempts.push(attempt)
        return { again: inMs(3_600_000) }
      },
    })
    await eventually(async () => (await quick.read<{ attempt: number }>(rows))[0]?.attempt === 0)
    expect(attempts).toEqual([2])
    wakeSlow()
    await stuck.stop()
    expect(await timers(quick)).toBe(1)
  })

  test('a failure: the error is in the row, it comes again later, a success resets it', async () => {
    const store = await testStore()
    const attempts: unknown[] = []
    const waits: number[] = []
    const worker = start({
      store,
      name: 'job',
      pollMs: 3_600_000,
      backoffMs: attempt => {
        waits.push(attempt)
        return attempt === 3 ? 3_600_000 : 20
      },
      handle: async ({ attempt, lastError }) => {
        attempts.push([attempt, lastError])
        throw new Error(`no. ${attempt}\0`, { cause: new Error('connection refused') })
      },
    })
    await setTimer(store, { name: 'job', key: 'a' })
    worker.kick()
    await eventually(async () => {
      const [row] = await store.read<{ attempt: number; free: boolean }>(rows)
      return row?.attempt === 3 && row.free
    })
    const error = (n: number) => `no. ${n}\u{fffd}: connection refused`
    expect(attempts).toEqual([
      [1, null],
      [2, error(1)],
      [3, error(2)],
    ])
    expect(waits).toEqual([1, 2, 3])
    expect(await store.read(rows)).toEqual([{ key: 'a', payload: null, attempt: 3, last_error: error(3), free: true }])
    await setTimer(store, { name: 'job', key: 'a', dueAt: inMs(3_600_000) })
    expect(await store.read(rows)).toMatchObject([{ attempt: 0, last_error: null }])
  })

  test('stop waits for the runs under way and their settling', async () => {
    const store = await testStore()
    let started = false
    let release = () => {}
    const gate = new Promise<void>(resolve => (release = resolve))
    const worker = start({
      store,
      name: 'job',
      handle: async () => {
        started = true
        await gate
      },
    })
    await setTimer(store, { name: 'job', key: 'a' })
    await eventually(() => started)
    const stopped = worker.stop()
    await setTimer(store, { name: 'job', key: 'b' })
    release()
    await stopped
    expect(await store.read(rows)).toMatchObject([{ key: 'b', attempt: 0 }])
  })
})

describe('every', () => {
  test('runs once an interval over all replicas, first at once', async () => {
    const url = await testDatabase()
    const stores = await Promise.all([1, 2, 3].map(() => anotherStore(url)))
    const runs: number[] = []
    const run = async () => void runs.push(Date.now())
    const jobs = await Promise.all(stores.map(store => every({ store, name: 'sweep', everyMs: 200, run, log })))
    for (const job of jobs) onTestFinished(() => job.stop())
    await eventually(() => runs.length >= 4)
    for (const [i, at] of runs.entries()) if (i > 0) expect(at - (runs[i - 1] ?? 0)).toBeGreaterThanOrEqual(190)
  })

  test('comes again after a failure, and a shorter interval counts at the next start', async () => {
    const store = await testStore()
    const runs: number[] = []
    const run = async () => {
      if (runs.push(Date.now()) === 1) throw new Error('not yet')
    }
    const slow = every({ store, name: 'sweep', everyMs: 3_600_000, run, log })
    await eventually(() => runs.length === 2)
    await slow.stop()
    const startedAt = Date.now()
    const quick = every({ store, name: 'sweep', everyMs: 200, run, log })
    onTestFinished(() => quick.stop())
    await eventually(() => runs.length >= 4)
    expect((runs[2] ?? 0) - startedAt).toBeGreaterThanOrEqual(190)
  })
})
