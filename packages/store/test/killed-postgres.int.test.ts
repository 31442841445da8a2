import { setTimeout as delay } from 'node:timers/promises'
import { startOwnPostgres } from '@slipway/testing'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { cloneDatabase } from '../src/mod.ts'
import { anotherStore, eventually } from './open-test-store.ts'

const echo = { name: 'test.echo', text: 'select $1::int as n' }
const slow = { name: 'test.slow', text: `select $1::int as n, pg_sleep(0.005), repeat('x', 20000)` }
const unnamed = { name: '', text: 'select $1::int as n' }
const statements = [echo, slow, unnamed]
const rounds = 9

test('every read comes to an end when Postgres is killed, whatever the moment', async () => {
  const server = await startOwnPostgres()
  onTestFinished(() => server[Symbol.asyncDispose]())
  const { url } = await cloneDatabase({ adminUrl: server.url, migrations: [] })
  const store = await anotherStore(url, { readConnections: 3 })
  const open = new Set<number>()
  const failures = new Set<unknown>()
  let asked = 0
  let wrong = 0
  let stopped = false

  async function ask(): Promise<void> {
    asked += 1
    const n = asked
    open.add(n)
    try {
      const [row] = await store.read<{ n: number }>(statements[n % statements.length] ?? echo, [n])
      if (row?.n !== n) wrong += 1
    } catch (error) {
      failures.add((error as { code?: unknown }).code ?? error)
    } finally {
      open.delete(n)
    }
  }
  async function keepAsking(): Promise<void> {
    while (!stopped) {
      await ask()
      await delay(Math.random() * 3)
    }
  }
  const asking = Array.from({ length: 60 }, keepAsking)

  for (let round = 0; round < rounds; round += 1) {
    const answered = asked
    await eventually(() => asked - open.size > answered + 50)
    await delay(Math.random() * 20)
    let before = asked
    if (round % 3 === 0) {
      // The server ends all connections when one of its processes dies, and recovers.
      await killBackend(url)
    } else {
      await server.kill()
      // The reads of a dead server, and of one that is coming back.
      await delay(Math.random() * 100)
      before = asked
      await server.restart()
    }
    // Far less than the time after which a query without an answer is given up.
    const deadline = Date.now() + 15_000
    while ([...open].some(n => n <= before) && Date.now() < deadline) await delay(20)
    expect([...open].filter(n => n <= before)).toEqual([])
  }
  stopped = true
  await Promise.all(asking)
  await eventually(() => open.size === 0)
  expect(wrong).toBe(0)
  expect([...failures].filter(code => code !== 'unavailable')).toEqual([])
  expect(store.stats().readers).toMatchObject({ inFlight: 0 })
}, 300_000)

async function killBackend(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  process.kill(rows[0]?.pid ?? 0, 'SIGKILL')
  await client.end().catch(() => {})
}
