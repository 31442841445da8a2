import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { captureLog } from '@slipway/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { migrate, snapshotRows } from '../src/mod.ts'
import { anotherStore, eventually, log, testDatabase, testStore } from './open-test-store.ts'

const sql = (text: string) => ({ name: '', text })

/** A process that holds something of the database and is stopped in that moment; it goes on after the test, to its end. */
async function stoppedProcess(what: 'row' | 'lock' | 'migration', url: string, folder = ''): Promise<void> {
  const script = new URL('./stopped-process.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, what, url, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  for await (const line of createInterface({ input: child.stdout })) if (line === 'held') break
  child.kill('SIGSTOP')
}

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-migrations-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

describe('a process that was stopped', () => {
  test('in the middle of a transaction keeps others waiting no longer than the bound', async () => {
    const url = await testDatabase()
    const store = await anotherStore(url)
    await store.write(sql('create table thing (id int primary key, n int)'))
    await store.write(sql('insert into thing values (1, 0)'))
    await stoppedProcess('row', url)
    await store.write(sql('update thing set n = n + 1 where id = 1'))
    expect(await store.read(sql('select n from thing'))).toEqual([{ n: 1 }])
  })

  test('with the turn to work alone loses it', async () => {
    const url = await testDatabase()
    const store = await anotherStore(url)
    await stoppedProcess('lock', url)
    expect(await store.lock('the work')).toBeUndefined()
    await eventually(async () => {
      const lock = await store.lock('the work')
      await lock?.release()
      return lock
    })
  })
})

describe('a transaction', () => {
  test('that is idle for too long is begun anew on another connection', async () => {
    const store = await testStore({ idleTransactionMs: 1_000 })
    let runs = 0
    const done = await store.transaction(async tx => {
      runs += 1
      await tx.query(sql('select 1'))
      if (runs === 1) await delay(2_000)
      return tx.query(sql('select 2 as two'))
    })
    expect([runs, done]).toEqual([2, [{ two: 2 }]])
  })

  test('that takes too long as a whole is ended, where the server knows how', async () => {
    const store = await testStore({ transactionMs: 300 })
    const [row] = await store.read<{ known: boolean }>(
      sql(`select current_setting('server_version_num')::int >= 170000 as known`),
    )
    const busy = store.transaction(
      async tx => {
        for (let n = 0; n < 20; n++) await tx.query(sql('select pg_sleep(0.05)'))
        return 'done'
      },
      { attempts: 1 },
    )
    if (row?.known) await expect(busy).rejects.toMatchObject({ code: 'unavailable', status: 503 })
    else expect(await busy).toBe('done')
    expect(await store.write(sql('select 1 as one'))).toEqual([{ one: 1 }])
  })

  test('may have a longer bound of its own, and rows may be read slowly', async () => {
    const store = await testStore({ idleTransactionMs: 100, transactionMs: 200 })
    await store.transaction(
      async tx => {
        await tx.query(sql('select 1'))
        await delay(400)
        await tx.query(sql('select 1'))
      },
      { attempts: 1, idleMs: 60_000, isolation: 'repeatable read' },
    )
    let rows = 0
    const many = { name: 'test.many', text: 'select n from generate_series(1, 3000) n' }
    for await (const part of snapshotRows<{ n: number }>(store, many)) {
      rows += part.length
      await delay(150)
    }
    expect(rows).toBe(3_000)
    const [bound] = await store.transaction(tx =>
      tx.query<{ bound: string }>(sql(`select current_setting('idle_in_transaction_session_timeout') as bound`)),
    )
    expect(bound).toEqual({ bound: '100ms' })
  })
})

describe('a migration', () => {
  test('takes as long as it needs, and a replica that waits says so and goes on', async () => {
    const url = await testDatabase()
    const folder = await folderWith({ '0001-slow.sql': 'select pg_sleep(2.5); create table slow (id int);' })
    const { log: captured, lines } = captureLog()
    const first = migrate(url, folder, log)
    const store = await anotherStore(url)
    const holds = sql(`select from pg_locks where locktype = 'advisory' and granted`)
    await eventually(async () => (await store.read(holds)).length > 0)
    expect(await migrate(url, folder, captured)).toEqual([])
    expect(await first).toEqual(['service/0001-slow.sql'])
    const waiting = lines.find(({ msg }) => msg === 'another replica migrates the database; waiting for it')
    expect(waiting).toMatchObject({ holder: { application: 'slipway-migrate', pid: expect.any(Number) } })
    expect(lines.map(({ msg }) => msg)).toContain('the other replica is done with its migrations; going on')
  })

  test('waits for a lock a short while at a time, says so, and lets others pass meanwhile', async () => {
    const url = await testDatabase()
    const store = await anotherStore(url)
    await store.write(sql('create table thing (id int)'))
    const folder = await folderWith({ '0001-wider.sql': 'alter table thing add column name text;' })
    const { log: captured, lines } = captureLog()
    const blocked = () => lines.filter(({ msg }) => msg === 'a migration waits for a lock').length > 0
    let migrating: Promise<string[]> | undefined
    await store.transaction(async tx => {
      await tx.query(sql('select from thing'))
      migrating = migrate(url, folder, captured, { lockTimeoutMs: 50 })
      await eventually(blocked)
      // Would stand behind the lock that the migration waits for.
      await store.write(sql('insert into thing values (1)'))
    })
    expect(await migrating).toEqual(['service/0001-wider.sql'])
    expect(lines.find(({ msg }) => msg === 'a migration waits for a lock')).toMatchObject({
      migration: 'service/0001-wider.sql',
      oldestTransactions: [expect.objectContaining({ application: 'test' })],
    })
  })

  test('that never gets its lock fails, naming the file', async () => {
    const url = await testDatabase()
    const store = await anotherStore(url)
    await store.write(sql('create table thing (id int)'))
    const folder = await folderWith({ '0001-wider.sql': 'alter table thing add column name text;' })
    await store.transaction(async tx => {
      await tx.query(sql('select from thing'))
      await expect(migrate(url, folder, log, { lockTimeoutMs: 20, lockPatienceMs: 100 })).rejects.toThrow(
        /service\/0001-wider\.sql failed: canceling statement due to lock timeout/,
      )
    })
  })

  test('of a replica that dies is taken over', async () => {
    const url = await testDatabase()
    const folder = await folderWith({ '0001-slow.sql': 'select pg_sleep(2); create table slow (id int);' })
    const script = new URL('./stopped-process.ts', import.meta.url).pathname
    const child = spawn(process.execPath, [script, 'migration', url, folder], { stdio: 'ignore' })
    const store = await anotherStore(url)
    const running = sql(`select from pg_stat_activity where datname = current_database() and query like '%pg_sleep(2)%'
      and application_name = 'slipway-migrate'`)
    await eventually(async () => (await store.read(running)).length > 0)
    const taken = migrate(url, folder, log)
    child.kill('SIGKILL')
    expect(await taken).toEqual(['service/0001-slow.sql'])
  })
})
