import { afterAll, beforeAll, expect, test } from 'vitest'
import { childrenById } from '../src/bulk-import/known-children.store.ts'
import { findChild } from '../src/child/child.store.ts'
import { type RunningExporter, startExporter } from './start-exporter.ts'

let running: RunningExporter
beforeAll(async () => {
  running = await startExporter()
})
afterAll(() => running?.[Symbol.asyncDispose]())

const children = 3_000
const fill = {
  name: 'test.fill',
  text: `with source as (select position from source where id = $1 and owner = $2), made as (
      insert into child (source, kind, id, head, retired, search, created_on, updated_on)
      select position, 'concept', 'C' || n, n, false, '', now(), now() from source, generate_series(1, $3::int) n
      returning position, head
    )
    insert into child_version (child, number, retired, updated_on, body) select position, 1, false, now(), '{}' from made`,
}
const positionOf = { name: 'test.position', text: 'select position from source where id = $1 and owner = $2' }
const fetched = {
  name: 'test.fetched',
  text: `select idx_tup_fetch as rows from pg_stat_xact_user_tables where relname = 'child'`,
}
const analyze = { name: 'test.analyze', text: 'analyze child, child_version' }

test('children of a source that has come since the last analyze are looked up by their ids', async () => {
  const { store } = running
  const [large, late] = [await running.dictionary('LARGE'), await running.dictionary('LATE')]
  await store.write(fill, [large.source, large.owner, children])
  await store.write(analyze)
  await store.write(fill, [late.source, late.owner, children])
  const [{ position }] = (await store.read<{ position: number }>(positionOf, [late.source, late.owner])) as [
    { position: number },
  ]
  const ids = Array.from({ length: 20 }, (_, n) => `C${children - n}`)
  const rows = await store.transaction(async tx => {
    // Of this connection, with what it did before that was not handed over yet.
    const count = async () => (await tx.query<{ rows: number }>(fetched))[0]?.rows ?? 0
    const before = await count()
    const where = { tx, source: { position }, room: 0 }
    await childrenById(where, 'concept', ids)
    for (const id of ids) await findChild(where, 'concept', id)
    return (await count()) - before
  })
  // Each one twice, and not the whole source for each.
  expect(rows).toBe(2 * ids.length)
})
