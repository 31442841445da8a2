import { releaseTemplateEvents } from '@slipway/contracts'
import { type QueryCreator, sql } from 'kysely'
import { expectTypeOf } from 'vitest'
import { emit } from '../outbox/emit.ts'
import type { Store } from '../types.ts'
import type { PlatformTables } from './platform-tables.ts'
import { preparer } from './prepare.ts'

// What the compiler must refuse of a statement. Never run.

type Database = PlatformTables & {
  version: { id: string; state: 'draft' | 'published'; revision: number; tags: string[] }
}
declare const store: Store<Database>
declare const q: QueryCreator<Database>
const prepare = preparer<Database>()

const find = prepare<{ id: string }>()('version.find', (db, p) =>
  db.selectFrom('version').select(['id', 'state']).where('id', '=', p.id),
)
expectTypeOf(await store.read(find, { id: 'a' })).toEqualTypeOf<{ id: string; state: 'draft' | 'published' }[]>()
// @ts-expect-error a parameter of another type
await store.read(find, { id: 1 })
// @ts-expect-error a parameter of another name
await store.read(find, { name: 'a' })
// @ts-expect-error no parameters where there are some
await store.read(find)
// @ts-expect-error values in an order of their own
await store.read(find, ['a'])

prepare()('version.unknown-column', db =>
  // @ts-expect-error an unknown column
  db.selectFrom('version').select('name'),
)
prepare()('version.unknown-table', db =>
  // @ts-expect-error an unknown table
  db.selectFrom('versions').select('id'),
)
prepare()('version.unknown-word', db =>
  // @ts-expect-error a word that the column does not take
  db.selectFrom('version').select('id').where('state', '=', 'done'),
)
prepare<{ revision: number }>()('version.wrong-parameter', (db, p) =>
  // @ts-expect-error a parameter of another type than the column
  db.selectFrom('version').select('id').where('id', '=', p.revision),
)

const template = prepare<{ id: string }>()('version.template', (_db, p) => sql<{ id: string }>`select ${p.id} as id`)
expectTypeOf(await store.read(template, { id: 'a' })).toEqualTypeOf<{ id: string }[]>()
// @ts-expect-error a parameter of another type
await store.read(template, { id: 1 })

const tagged = prepare<{ tags: readonly string[] }>()('version.tagged', (db, p) =>
  db.updateTable('version').set({ tags: p.tags }).returning('tags'),
)
expectTypeOf(await store.write(tagged, { tags: ['a'] as const })).toEqualTypeOf<{ tags: string[] }[]>()

const { started } = releaseTemplateEvents
const columns = ['id as aggregate', 'revision as sequence'] as const
const rest = [sql.lit('ada').as('actor'), sql.lit(null).as('traceparent')] as const
const rows = q.selectFrom('version').select(columns).select(rest)
const good = rows.select(sql<{ id: number; release: string }>`data`.as('data'))
const wrongData = rows.select(sql<{ id: number }>`data`.as('data'))
const noSequence = q
  .selectFrom('version')
  .select('id as aggregate')
  .select(rest)
  .select(sql<{ id: number; release: string }>`data`.as('data'))
emit(q, started, good)
// @ts-expect-error data that is not what the event declares
emit(q, started, wrongData)
// @ts-expect-error an event without its sequence
emit(q, started, noSequence)

// Where tables do not matter, the store of any service will do; it then tells of none.
declare const anyStore: Store
expectTypeOf(store).toExtend<Store>()
expectTypeOf(anyStore.db).toEqualTypeOf<unknown>()
// @ts-expect-error the store of unknown tables is not that of known ones
const known: Store<Database> = anyStore
void known
