import { describe, expect, onTestFinished, test } from 'vitest'
import { onceEach, runExclusively, type Store } from '../src/mod.ts'
import { anotherStore, eventually, log, testDatabase, testStore } from './open-test-store.ts'

const terminate = {
  name: 'test.terminate',
  text: `select count(pg_terminate_backend(pid)) from pg_locks where locktype = 'advisory' and granted
    and database = (select oid from pg_database where datname = current_database())`,
}

/** Asks for the turn under one name, and notes who has it. */
async function takeTurns(store: Store, who: string, turns: string[]) {
  const worker = await runExclusively({
    store,
    name: 'the work',
    everyMs: 20,
    log,
    async start() {
      turns.push(`${who} begins`)
      return {
        async stop() {
          turns.push(`${who} ends`)
        },
      }
    },
  })
  onTestFinished(() => worker.stop())
  return worker
}

describe('work in one process at a time', () => {
  test('begins before the call returns, and passes on when it is stopped', async () => {
    const url = await testDatabase()
    const turns: string[] = []
    const first = await takeTurns(await anotherStore(url), 'first', turns)
    expect(turns).toEqual(['first begins'])
    const other = await takeTurns(await anotherStore(url), 'other', turns)
    expect(turns).toEqual(['first begins'])
    await first.stop()
    await eventually(() => turns.length === 3)
    await other.stop()
    expect(turns).toEqual(['first begins', 'first ends', 'other begins', 'other ends'])
  })

  test('ends with the connection that holds its turn, and is taken up again', async () => {
    const url = await testDatabase()
    const turns: string[] = []
    await takeTurns(await anotherStore(url), 'one', turns)
    expect(await (await anotherStore(url)).write(terminate)).toEqual([{ count: 1 }])
    await eventually(() => turns.length === 3)
    expect(turns).toEqual(['one begins', 'one ends', 'one begins'])
  })

  test('that cannot begin leaves the turn to others', async () => {
    const url = await testDatabase()
    const store = await anotherStore(url)
    const start = async () => {
      throw new Error('no broker')
    }
    await expect(runExclusively({ store, name: 'the work', start, log })).rejects.toThrow('no broker')
    const lock = await store.lock('the work')
    expect(lock).toBeDefined()
    expect(await store.lock('the work')).toBeUndefined()
    await lock?.release()
    await lock?.lost
  })
})

test('of many events at once each counts the first time only', async () => {
  const store = await testStore()
  const receive = (...ids: string[]) => store.transaction(tx => onceEach(tx, 'consumer', ids))
  expect(await receive('a', 'b', 'b')).toEqual(new Set(['a', 'b']))
  expect(await receive('b', 'c')).toEqual(new Set(['c']))
  expect(await receive()).toEqual(new Set())
})
