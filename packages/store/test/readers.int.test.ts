import { startOwnPostgres } from '@slipway/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { cloneDatabase, type Store } from '../src/mod.ts'
import { anotherStore, eventually, testDatabase, testStore } from './open-test-store.ts'

const echo = { name: 'test.echo', text: 'select $1::int as n' }
const slowEcho = { name: 'test.slow', text: 'select $1::int as n, pg_sleep(0.02)' }
const terminate = {
  name: 'test.terminate',
  text: `select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and application_name = $1`,
}

/** Reads until it is told to stop; counts right answers and collects the codes of errors. */
function keepReading(store: Store) {
  const seen = { answers: 0, wrong: 0, errors: [] as unknown[] }
  let stopped = false
  const loop = async (offset: number) => {
    for (let n = offset; !stopped; n += 10) {
      try {
        const [row] = await store.read<{ n: number }>(echo, [n])
        seen.answers++
        if (row?.n !== n) seen.wrong++
      } catch (error) {
        seen.errors.push((error as { code?: unknown }).code)
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    }
  }
  const loops = Array.from({ length: 10 }, (_, offset) => loop(offset))
  return {
    seen,
    stop: async () => {
      stopped = true
      await Promise.all(loops)
    },
  }
}

describe('pipelined reads', () => {
  test('answers find their questions', async () => {
    const store = await testStore()
    const numbers = Array.from({ length: 2_000 }, (_, n) => n)
    const rows = await Promise.all(numbers.map(n => store.read<{ n: number }>(echo, [n])))
    expect(rows.map(([row]) => row?.n)).toEqual(numbers)
  })

  test('an error, of parsing or of running, is its own read’s alone', async () => {
    const store = await testStore({ readConnections: 1 })
    const misspelt = { name: 'test.misspelt', text: 'select nonsense from nowhere' }
    const dividing = { name: 'test.divide', text: 'select 10 / $1::int as n' }
    const reads = Array.from({ length: 60 }, (_, n) => {
      if (n % 3 === 0) return store.read<{ n: number }>(misspelt)
      if (n % 3 === 1) return store.read<{ n: number }>(dividing, [n % 2])
      return store.read<{ n: number }>(echo, [n])
    })
    const results = await Promise.allSettled(reads)
    for (const [n, result] of results.entries()) {
      if (n % 3 === 0) expect(result).toMatchObject({ status: 'rejected', reason: { code: '42P01' } })
      else if (n % 3 === 2) expect(result).toMatchObject({ status: 'fulfilled', value: [{ n }] })
      else if (n % 2 === 0) expect(result).toMatchObject({ status: 'rejected', reason: { code: '22012' } })
      else expect(result).toMatchObject({ status: 'fulfilled', value: [{ n: 10 }] })
    }
    expect(store.stats().readers).toEqual({ connected: 1, inFlight: 0 })
  })

  test('a statement that could not be parsed works as soon as it can', async () => {
    const store = await testStore({ readConnections: 1 })
    const later = { name: 'test.later', text: 'select id from later' }
    await expect(Promise.all([1, 2, 3].map(() => store.read(later)))).rejects.toMatchObject({ code: '42P01' })
    await store.write({ name: 'test.create', text: 'create table later (id int)' })
    expect(await Promise.all([1, 2, 3].map(() => store.read(later)))).toEqual([[], [], []])
  })

  test('a slow read does not hold up those that another connection can take', async () => {
    const store = await testStore({ readConnections: 2 })
    await eventually(() => store.stats().readers.connected === 2)
    let slow: Promise<unknown> | undefined
    await store.transaction(async tx => {
      await tx.query({ name: 'test.hold', text: 'select pg_advisory_xact_lock(1)' })
      slow = store.read({ name: 'test.wait', text: 'select pg_advisory_xact_lock_shared(1)' })
      for (let n = 0; n < 20; n++) await store.read(echo, [n])
    })
    await slow
  })

  test('no read is lost when Postgres ends a connection', async () => {
    const url = await testDatabase()
    const store = await anotherStore(url, { name: 'reading', readConnections: 3 })
    const other = await anotherStore(url)
    await eventually(() => store.stats().readers.connected === 3)
    const reading = keepReading(store)
    const underWay = Promise.all(Array.from({ length: 30 }, (_, n) => store.read<{ n: number }>(slowEcho, [n])))
    expect(await other.write(terminate, ['reading'])).not.toEqual([{ count: 0 }])
    expect((await underWay).map(([row]) => row?.n)).toEqual(Array.from({ length: 30 }, (_, n) => n))
    await eventually(() => store.stats().readers.connected === 3)
    await reading.stop()
    expect(reading.seen).toMatchObject({ wrong: 0, errors: [] })
  })

  test('come back after a restart of Postgres; a short one is not even noticed', async () => {
    const server = await startOwnPostgres()
    onTestFinished(() => server[Symbol.asyncDispose]())
    const { url } = await cloneDatabase({ adminUrl: server.url, migrations: [] })
    const store = await anotherStore(url, { patienceMs: 10_000 })
    const impatient = await anotherStore(url, { patienceMs: 50 })
    const reading = keepReading(store)
    await eventually(() => reading.seen.answers > 100)

    await server.stop()
    const write = store.write(echo, [1])
    await expect(impatient.read(echo, [1])).rejects.toMatchObject({ code: 'unavailable', status: 503 })
    await expect(impatient.write(echo, [1])).rejects.toMatchObject({ code: 'unavailable' })
    await expect(impatient.ping()).rejects.toMatchObject({ code: 'unavailable' })
    await server.restart()

    expect(await write).toEqual([{ n: 1 }])
    const before = reading.seen.answers
    await eventually(() => reading.seen.answers > before + 100)
    await reading.stop()
    expect(reading.seen).toMatchObject({ wrong: 0, errors: [] })
    await eventually(async () => (await impatient.read(echo, [1]).catch(() => []))[0])
    await impatient.ping()
  })
})
