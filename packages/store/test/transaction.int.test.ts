import { failure } from '@slipway/contracts'
import { describe, expect, test } from 'vitest'
import type { Store, Tx } from '../src/mod.ts'
import { eventually, testStore } from './open-test-store.ts'

type Tables = { account: { id: number; balance: number } }
type Balance = { balance: number }

const create = { name: 'test.create', text: 'create table account (id int primary key, balance int not null)' }
const insert = { name: 'test.insert', text: 'insert into account values ($1, $2)' }
const select = { name: 'test.select', text: 'select balance from account where id = $1' }
const selectLocked = { name: 'test.locked', text: 'select balance from account where id = $1 for update' }
const update = { name: 'test.update', text: 'update account set balance = $2 where id = $1' }
const add = { name: 'test.add', text: 'update account set balance = balance + $2 where id = $1' }
const broken = { name: 'test.broken', text: 'select 1/0' }

async function accounts(): Promise<Store<Tables>> {
  const store = await testStore<Tables>({ poolSize: 6 })
  await store.write(create)
  await store.write(insert, [1, 100])
  await store.write(insert, [2, 100])
  return store
}
const balance = async (store: Store<Tables>, id: number) => (await store.read<Balance>(select, [id]))[0]?.balance

describe('transaction', () => {
  test('commits what statements and kysely did together, and tells so afterwards', async () => {
    const store = await accounts()
    const told: (number | undefined)[] = []
    const result = await store.transaction(async tx => {
      tx.afterCommit(() => told.push(1))
      await tx.query(add, [1, -30])
      const changed = await tx.db.updateTable('account').set({ balance: 130 }).where('id', '=', 2).executeTakeFirst()
      expect(changed.numUpdatedRows).toBe(1n)
      expect(await tx.query(select, [2])).toEqual([{ balance: 130 }])
      expect(await balance(store, 2)).toBe(100)
      expect(told).toEqual([])
      return 'done'
    })
    expect([result, told, await balance(store, 1), await balance(store, 2)]).toEqual(['done', [1], 70, 130])
  })

  test.each([
    ['an error of the caller', async () => Promise.reject(failure('refused', 'No.'))],
    ['a statement that fails', (tx: Tx) => tx.query(broken)],
    ['a failed statement whose error was swallowed', async (tx: Tx) => void (await tx.query(broken).catch(() => {}))],
    [
      'a failed statement of kysely, swallowed',
      (tx: Tx<Tables>) =>
        tx.db
          .insertInto('account')
          .values({ id: 1, balance: 0 })
          .execute()
          .catch(() => {}),
    ],
  ])('keeps nothing after %s, and the connection serves on', async (_, fail) => {
    const store = await accounts()
    const told: number[] = []
    const attempt = store.transaction(async tx => {
      tx.afterCommit(() => told.push(1))
      await tx.query(update, [1, 0])
      await fail(tx)
    })
    await expect(attempt).rejects.toThrow()
    expect([told, await balance(store, 1), store.stats().pool.total]).toEqual([[], 100, 1])
    await store.transaction(tx => tx.query(update, [1, 5]))
    expect(await balance(store, 1)).toBe(5)
  })

  test('runs again after a serialisation failure, until all increments are in', async () => {
    const store = await accounts()
    let runs = 0
    let reads = 0
    const increment = () =>
      store.transaction(
        async tx => {
          runs++
          const [row] = await tx.query<Balance>(select, [1])
          // Both have read before either writes: one of the two must be refused.
          reads++
          await eventually(() => reads >= 2)
          await tx.query(update, [1, (row?.balance ?? 0) + 1])
        },
        { isolation: 'serializable' },
      )
    await Promise.all([increment(), increment()])
    expect(await balance(store, 1)).toBe(102)
    expect(runs).toBe(3)
  })

  test('gives up after three serialisation failures', async () => {
    const store = await accounts()
    let runs = 0
    const attempt = store.transaction(
      async tx => {
        runs++
        await tx.query(select, [1])
        await store.write(add, [1, 1])
        await tx.query(update, [1, 0])
      },
      { isolation: 'repeatable read' },
    )
    await expect(attempt).rejects.toMatchObject({ code: 'unavailable', status: 503, retryAfter: 1 })
    expect([runs, await balance(store, 1)]).toEqual([3, 103])
  })

  test('runs again after a deadlock', async () => {
    const store = await accounts()
    let locked = 0
    const transfer = (from: number, to: number) =>
      store.transaction(async tx => {
        await tx.query(selectLocked, [from])
        locked++
        if (locked < 2) await eventually(() => locked >= 2)
        await tx.query(add, [from, -10])
        await tx.query(add, [to, 10])
      })
    await Promise.all([transfer(1, 2), transfer(2, 1)])
    expect([locked > 2, await balance(store, 1), await balance(store, 2)]).toEqual([true, 100, 100])
  })

  test('runs again when the connection is lost before the commit', async () => {
    const store = await accounts()
    const pid = { name: 'test.pid', text: 'select pg_backend_pid() as pid' }
    const kill = { name: 'test.kill', text: 'select pg_terminate_backend($1)' }
    let runs = 0
    await store.transaction(async tx => {
      const [row] = await tx.query<{ pid: number }>(pid)
      await tx.query(add, [1, 1])
      if (++runs === 1) await store.write(kill, [row?.pid])
      await tx.query(add, [1, 1])
    })
    expect([runs, await balance(store, 1)]).toEqual([2, 102])
  })

  test('does not run a refusal again', async () => {
    const store = await accounts()
    let runs = 0
    const attempt = store.transaction(async tx => {
      runs++
      await tx.query(select, [1])
      throw failure('conflict', 'Taken.')
    })
    await expect(attempt).rejects.toMatchObject({ code: 'conflict' })
    expect(runs).toBe(1)
  })

  test('refuses statements that come after its end', async () => {
    const store = await accounts()
    let leaked: Tx<Tables> | undefined
    await store.transaction(async tx => {
      leaked = tx
      await tx.query(select, [1])
    })
    await expect(leaked?.query(update, [1, 0])).rejects.toThrow(/transaction is over/)
    await expect(leaked?.db.deleteFrom('account').execute()).rejects.toThrow(/transaction is over/)
    expect(await balance(store, 1)).toBe(100)
  })

  test('are not opened by kysely, which would not try again', async () => {
    const store = await accounts()
    const attempt = store.db.transaction().execute(trx => trx.deleteFrom('account').execute())
    await expect(attempt).rejects.toThrow(/opened by store\.transaction/)
    expect([await balance(store, 1), store.stats().pool]).toEqual([100, { total: 1, idle: 1, waiting: 0 }])
  })

  test('statements sent together keep their order', async () => {
    const store = await accounts()
    await store.transaction(async tx => {
      const [, , between] = await Promise.all([
        tx.query(update, [1, 7]),
        tx.query(add, [1, 1]),
        tx.query(selectLocked, [1]),
        tx.query(add, [1, 1]),
      ])
      expect(between).toEqual([{ balance: 8 }])
      expect(await tx.query(select, [1])).toEqual([{ balance: 9 }])
    })
    expect(await balance(store, 1)).toBe(9)
  })

  test('its events are told after the commit only', async () => {
    const store = await accounts()
    let told = 0
    store.outboxChanged.subscribe(() => told++)
    await store.transaction(tx => tx.query(add, [1, 1]))
    expect(told).toBe(0)
    const attempt = store.transaction(async tx => {
      tx.wroteEvents()
      await tx.query(broken)
    })
    await expect(attempt).rejects.toThrow()
    expect(told).toBe(0)
    await store.transaction(async tx => {
      tx.wroteEvents()
      tx.wroteEvents()
      await tx.query(add, [1, 1])
      expect(told).toBe(0)
    })
    expect(told).toBe(1)
  })
})
