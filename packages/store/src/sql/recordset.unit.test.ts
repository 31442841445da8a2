import { expect, test } from 'vitest'
import type { PlatformTables } from './platform-tables.ts'
import { preparer } from './prepare.ts'
import { recordset } from './recordset.ts'

const prepare = preparer<PlatformTables & { note: { author: string; seen: number } }>()

test('rows of a parameter are a table with the names and types of its columns', () => {
  const { statement } = prepare<{ notes: string }>()('note.add', (db, p) => {
    const notes = recordset<{ author: string; seen: number }>()(p.notes, 'given', { author: 'text', seen: 'bigint' })
    return db
      .insertInto('note')
      .columns(['author', 'seen'])
      .expression(q => q.selectFrom(notes).select(['given.author', 'given.seen']))
  })
  expect(statement.text).toBe(
    'insert into "note" ("author", "seen") select "given"."author", "given"."seen" ' +
      'from json_to_recordset($1) as "given"("author" text, "seen" bigint)',
  )
})
