import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { preparer, streamRows, type Tx } from '../src/mod.ts'
import { testStore } from './open-test-store.ts'

const numbers = {
  name: 'test.numbers',
  text: 'select n, repeat($3, 10) as text from generate_series($1::int, $2::int) n',
}
const cursors = { name: 'test.cursors', text: `select count(*) from pg_cursors where name <> ''` }
const options = { isolation: 'repeatable read', attempts: 1 } as const

async function sizes(tx: Tx, from: number, to: number): Promise<number[]> {
  const found: number[] = []
  for await (const rows of streamRows<{ n: number; text: string }>(tx, numbers, [from, to, 'x'], 10)) {
    expect(rows[0]).toEqual({ n: from + found.reduce((sum, size) => sum + size, 0), text: 'xxxxxxxxxx' })
    found.push(rows.length)
  }
  return found
}

describe('streamRows', () => {
  test('yields every row once, in parts; again in the same and in the next transaction', async () => {
    const store = await testStore({ poolSize: 1 })
    const found = await store.transaction(
      async tx => [await sizes(tx, 1, 25), await sizes(tx, 5, 24), await sizes(tx, 1, 0)],
      options,
    )
    expect(found).toEqual([[10, 10, 5], [10, 10], []])
    expect(await store.transaction(tx => sizes(tx, 1, 3), options)).toEqual([3])
  })

  test('of large rows takes few at a time', async () => {
    const store = await testStore({ poolSize: 1 })
    const mixed = {
      name: 'test.mixed',
      text: `select repeat('x', case when n between 1000 and 1150 then 200000 else 10 end) as text
        from generate_series(1, 1200) n`,
    }
    const found: number[] = []
    await store.transaction(async tx => {
      for await (const rows of streamRows<{ text: string }>(tx, mixed)) {
        found.push(rows.length)
      }
    }, options)
    // The first large ones are among as many as were small before.
    expect(found).toEqual([8, 64, 1_000, 64, 8, 8, 8, 40])
  })

  test('of a long name is told from others that begin alike', async () => {
    const store = await testStore({ poolSize: 1 })
    const name = `test.${'long-'.repeat(20)}`
    for (const more of ['', 'er']) {
      const prepared = preparer()<{ to: number }>()(
        `${name}${more}`,
        (_, p) => sql<{ n: string }>`select n || ${sql.lit(more)} as n from generate_series(1, ${p.to}::int) n`,
      )
      const found = await store.transaction(async tx => {
        const all: string[] = []
        for await (const rows of streamRows(tx, prepared, { to: 100 })) all.push(...rows.map(({ n }) => n))
        return all
      }, options)
      expect(found).toEqual(Array.from({ length: 100 }, (_, index) => `${index + 1}${more}`))
    }
  })

  test('closes its cursor when the consumer stops early', async () => {
    const store = await testStore()
    await store.transaction(async tx => {
      for await (const rows of streamRows(tx, numbers, [1, 100, 'x'], 10)) {
        expect(rows.length).toBe(10)
        break
      }
      expect(await tx.query(cursors)).toEqual([{ count: 0 }])
    }, options)
  })

  test('passes an error of a later row on', async () => {
    const store = await testStore()
    const failing = { name: 'test.failing', text: 'select 1 / (15 - n) as x from generate_series(1, 20) n' }
    let seen = 0
    const read = store.transaction(async tx => {
      for await (const rows of streamRows(tx, failing, [], 10)) seen += rows.length
    }, options)
    await expect(read).rejects.toMatchObject({ code: '22012' })
    expect(seen).toBe(10)
  })
})
