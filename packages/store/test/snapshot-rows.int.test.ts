import { expect, test } from 'vitest'
import { snapshotParts, snapshotRows } from '../src/mod.ts'
import { testStore } from './open-test-store.ts'

const numbers = { name: 'test.snapshot', text: 'select n from generate_series(1, $1::int) n' }
const open = { name: 'test.open', text: `select count(*) from pg_stat_activity where state like 'idle in%'` }

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
