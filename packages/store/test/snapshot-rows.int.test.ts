import { expect, test } from 'vitest'
import { inBackground, snapshotParts, snapshotRows } from '../src/mod.ts'
import { eventually, testStore } from './open-test-store.ts'

const numbers = { name: 'test.snapshot', text: 'select n from generate_series(1, $1::int) n' }
const open = {
  name: 'test.open',
  text: `select count(*) from pg_stat_activity where state like 'idle in%' and datname = current_database()`,
}

test('all queries see one state of the database, in their order', async () => {
  const store = await testStore()
  await store.write({ name: 'test.make', text: 'create table snapshot_row (n int)' })
  const add = { name: 'test.add', text: 'insert into snapshot_row select generate_series(1, 10)' }
  await store.write(add)
  const count = { name: 'test.count', text: 'select count(*) as n from snapshot_row' }
  const seen: unknown[] = []
  const queries = [
    { statement: numbers, values: [2_500] },
    { statement: count, values: [] },
  ]
  for await (const { query, rows } of snapshotParts<{ n: number }>(store, queries)) {
    if (seen.length === 0) await store.write(add)
    seen.push([query, rows.length, rows.at(-1)?.n])
  }
  expect(seen).toEqual([
    [0, 8, 8],
    [0, 64, 72],
    [0, 1_000, 1_072],
    [0, 1_000, 2_072],
    [0, 428, 2_500],
    [1, 1, 10],
  ])
})

test('a text without a name is planned each time, whatever it is', async () => {
  const store = await testStore({ poolSize: 1 })
  for (const sign of ['', '-']) {
    const found: number[] = []
    const statement = { name: '', text: `select ${sign}n as n from generate_series(1, $1::int) n` }
    for await (const rows of snapshotRows<{ n: number }>(store, statement, [2])) found.push(...rows.map(({ n }) => n))
    expect(found).toEqual([Number(`${sign}1`), Number(`${sign}2`)])
  }
})

test('leaving the loop ends the transaction, and an error reaches the reader', async () => {
  const store = await testStore({ poolSize: 1 })
  for await (const rows of snapshotRows(store, numbers, [1_000_000])) {
    expect(rows).toHaveLength(8)
    break
  }
  // The only connection of the pool is free again, and in no transaction.
  expect(await store.write(open)).toEqual([{ count: 0 }])
  const wrong = snapshotRows(store, { name: 'test.wrong', text: 'select 1 / 0' })
  await expect(wrong.next()).rejects.toThrow('division by zero')
})

test('readers that take nothing leave connections for writes and for background work', async () => {
  const store = await testStore({ poolSize: 10 })
  const readers = Array.from({ length: 30 }, () => snapshotRows(store, numbers, [1_000_000]))
  const begun = readers.map(rows => rows.next())
  begun.forEach(promise => void promise.catch(() => {}))
  await Promise.race(begun)
  await eventually(async () => (await store.read<{ count: number }>(open))[0]?.count === 4)
  const one = { name: 'test.one', text: 'select 1 as one' }
  expect((await Promise.all(Array.from({ length: 20 }, () => store.write(one)))).flat()).toHaveLength(20)
  expect(await inBackground(() => store.transaction(tx => tx.query(one)))).toEqual([{ one: 1 }])
  await Promise.all(readers.map(rows => rows.return(undefined)))
})

test('a reader that takes nothing gives way to one that waits', async () => {
  const store = await testStore({ poolSize: 1 })
  const slow = snapshotRows(store, numbers, [1_000_000])
  await slow.next()
  const rows: number[] = []
  for await (const part of snapshotRows<{ n: number }>(store, numbers, [3])) rows.push(...part.map(({ n }) => n))
  expect(rows).toEqual([1, 2, 3])
  await expect(slow.next()).rejects.toMatchObject({ code: 'busy' })
})
