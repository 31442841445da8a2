import { releaseTemplateEvents } from '@slipway/contracts'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { emit } from '../outbox/emit.ts'
import { byShape } from './by-shape.ts'
import type { PlatformTables } from './platform-tables.ts'
import { parameter, preparer } from './prepare.ts'
import { writesEvents } from './writes-events.ts'

type Database = PlatformTables & {
  version: { id: string; state: 'draft' | 'published'; title: string | null; revision: number }
}
const prepare = preparer<Database>()
describe('a prepared statement', () => {
  test('gives each parameter one number, in the order of the text', () => {
    const { statement, values } = prepare<{ id: string; title: string }>()('version.retitle', (db, p) =>
      db.updateTable('version').set({ title: p.title }).where('id', '=', p.id).where('title', '<>', p.title),
    )
    expect(statement).toEqual({
      name: 'version.retitle',
      text: `update "version" set "title" = $1 where "id" = $2 and "title" <> $1`,
    })
    expect(values({ id: 'a', title: 'b' })).toEqual(['b', 'a'])
  })

  test('has its constants in the text', () => {
    const { statement, values } = prepare()('version.drafts', db =>
      db
        .selectFrom('version')
        .select('id')
        .where('state', 'in', ['draft', 'published'])
        .where('title', '=', `it's`)
        .where('revision', '>', 3),
    )
    expect(statement.text).toBe(
      `select "id" from "version" where "state" in ('draft', 'published') and "title" = 'it''s' and "revision" > 3`,
    )
    expect(values({})).toEqual([])
  })

  test('may be a template as a whole', () => {
    const { statement, values } = prepare<{ id: string }>()(
      'version.turn',
      (_db, p) =>
        sql<{ id: string }>`select ${sql.ref('id')} from ${sql.table('version')} where id = ${p.id} or title = ${p.id}`,
    )
    expect(statement.text).toBe(`select "id" from "version" where id = $1 or title = $1`)
    expect(values({ id: 'a' })).toEqual(['a'])
  })

  test('has a name that differs from others in what PostgreSQL compares of it', () => {
    const nameOf = (name: string) => prepare()(name, db => db.selectFrom('version').select('id')).statement.name
    const long = `version.${'x'.repeat(60)}`
    expect(nameOf(long.slice(0, 63))).toBe(long.slice(0, 63))
    expect(nameOf(long)).toHaveLength(63)
    expect(nameOf(long).slice(0, 40)).toBe(long.slice(0, 40))
    expect(nameOf(long)).not.toBe(nameOf(`${long}x`))
  })

  test('of a shape is forgotten when more were used after it than are kept', () => {
    const built: string[] = []
    const page = byShape(
      (by: 'id' | 'title' | 'revision') => by,
      (_, by) => {
        built.push(by)
        return prepare()('', db => db.selectFrom('version').select('id').orderBy(by))
      },
      { max: 2 },
    )
    for (const by of ['id', 'title', 'id', 'revision', 'id', 'title'] as const) page(by)
    expect(built).toEqual(['id', 'title', 'revision', 'title'])
  })

  test('has one number for a parameter that parts of it name', () => {
    const isId = sql<boolean>`id = ${parameter<string>('id')}`
    const { statement, values } = prepare<{ id: string }>()('version.same', (db, p) =>
      db.selectFrom('version').select(p.id.as('given')).where(isId),
    )
    expect(statement.text).toBe('select $1 as "given" from "version" where id = $1')
    expect(values({ id: 'a' })).toEqual(['a'])
  })

  test('takes null for what is not given', () => {
    const { values } = prepare<{ id: string; title?: string }>()('version.find', (db, p) =>
      db
        .selectFrom('version')
        .selectAll()
        .where('id', '=', p.id)
        .where(sql<string>`coalesce(${p.title}, title)`, '=', 'x'),
    )
    expect(values({ id: 'a' })).toEqual(['a', null])
  })

  test('tells of its change in the same statement, which wakes the relay', () => {
    const { statement } = prepare<{ id: string; actor: string }>()('version.publish', (db, p) =>
      db
        .with('changed', q =>
          q.updateTable('version').set({ state: 'published' }).where('id', '=', p.id).returning(['id', 'revision']),
        )
        .with('told', q =>
          emit(
            q,
            releaseTemplateEvents.started,
            q
              .selectFrom('changed')
              .select(['id as aggregate', 'revision as sequence', p.actor.as('actor'), sql.lit(null).as('traceparent')])
              .select(
                sql<{ id: number; release: string }>`json_build_object('id', revision, 'release', id)`.as('data'),
              ),
          ),
        )
        .selectFrom('changed')
        .selectAll(),
    )
    expect(statement.text).toContain(`insert into "platform"."outbox"`)
    expect(statement.text).toContain(`select 'schedule' as "noun", 'release-started' as "verb", "told"."aggregate"`)
    expect(writesEvents(statement)).toBe(true)
  })
})

describe('statements by shape', () => {
  const list = byShape(
    (filters: readonly ('id' | 'title')[]) => ['version.list', ...filters].join('.'),
    (name, filters) =>
      prepare<{ id?: string; title?: string }>()(name, (db, p) =>
        db
          .selectFrom('version')
          .select('revision')
          .where(eb => eb.and(filters.map(filter => eb(filter, '=', p[filter])))),
      ),
  )

  test('are built once a shape', () => {
    expect(list(['title'])).toBe(list(['title']))
    expect(list(['title'])).not.toBe(list(['id']))
  })

  test('take only what their shape asks for', () => {
    const { statement, values } = list(['title'])
    expect(statement).toEqual({
      name: 'version.list.title',
      text: `select "revision" from "version" where "title" = $1`,
    })
    expect(values({ id: 'a', title: 'b' })).toEqual(['b'])
  })
})
