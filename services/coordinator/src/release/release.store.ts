import { type Queryable, rowJson } from '@slipway/store'
import { type Expression, type RawBuilder, sql } from 'kysely'
import { type ListCondition, listOf } from '../list-page.ts'
import { releaseNoteBody } from '../release-note/release-note.store.ts'
import { isoTime } from '../rendered.ts'
import { prepare } from '../sql.ts'
import { taskBody } from '../task/task.store.ts'

/** The bodies of rows in the order of their creation. */
function bodiesOf(rows: Expression<{ created_at: string; position: number; body: unknown }>): RawBuilder<unknown> {
  return sql`coalesce((select json_agg(body order by created_at, position) from ${rows} part), '[]'::json)`
}

/** A release holds its tasks and notes. */
export const releaseList = listOf({
  table: 'release',
  items: (db, base) =>
    db.selectFrom('release as r').select(eb => {
      const notes = eb
        .selectFrom('release_note as item')
        .select(note => ['item.created_at', 'item.position', releaseNoteBody(note, base).as('body')])
        .whereRef('item.release', '=', 'r.kf_id')
      const studies = eb
        .selectFrom('release_study as rs')
        .select(sql<string[]>`json_agg(rs.study order by rs.ordinal)`.as('studies'))
        .whereRef('rs.release', '=', 'r.kf_id')
      const tasks = eb
        .selectFrom('task as t')
        .leftJoin('task_service as s', 's.kf_id', 't.task_service')
        .select(task => ['t.created_at', 't.position', taskBody(task, base).as('body')])
        .whereRef('t.release', '=', 'r.kf_id')
      return [
        'r.kf_id',
        'r.created_at',
        'r.position',
        rowJson([
          eb.ref('r.kf_id').as('kf_id'),
          eb.ref('r.name').as('name'),
          eb.ref('r.description').as('description'),
          bodiesOf(notes).as('notes'),
          eb.ref('r.state').as('state'),
          sql`coalesce(${studies}, '[]'::json)`.as('studies'),
          bodiesOf(tasks).as('tasks'),
          eb.ref('r.version').as('version'),
          isoTime(eb.ref('r.created_at')).as('created_at'),
          eb.ref('r.tags').as('tags'),
          eb.ref('r.author').as('author'),
          eb.ref('r.is_major').as('is_major'),
        ]).as('body'),
      ]
    }),
  counted: ['state'],
})

/** Releases that contain a study. */
export const withStudy = (study: string): ListCondition<'release'> => ({
  name: 'with-study',
  where: (row, value) =>
    row('row.kf_id', 'in', row.selectFrom('release_study').select('release').where('study', '=', value)),
  value: study,
})

const studiesKnown = prepare<{ ids: readonly string[] }>()('release.known-studies', (db, p) =>
  db
    .selectFrom('study')
    .select('kf_id')
    .where(eb => eb('kf_id', '=', eb.fn.any(p.ids))),
)

/** The first of the ids that no study has, or undefined if all are known. */
export async function firstUnknownStudy(read: Queryable['query'], ids: readonly string[]): Promise<string | undefined> {
  const rows = await read(studiesKnown, { ids })
  const known = new Set(rows.map(row => row.kf_id))
  return ids.find(id => !known.has(id))
}

const containsStudy = prepare<{ release: string; study: string }>()('release.contains-study', (db, p) =>
  db
    .selectFrom('release_study')
    .select(sql.lit(1).as('found'))
    .where('release', '=', p.release)
    .where('study', '=', p.study),
)

/** True if the release contains the study. */
export async function releaseContainsStudy(read: Queryable['query'], release: string, study: string): Promise<boolean> {
  return (await read(containsStudy, { release, study })).length > 0
}

const studiesOf = prepare<{ release: string }>()('release.studies', (db, p) =>
  db.selectFrom('release_study').select('study').where('release', '=', p.release),
)

/** The studies of a release; none if there is no such release. */
export async function studiesOfRelease(read: Queryable['query'], release: string): Promise<string[]> {
  return (await read(studiesOf, { release })).map(row => row.study)
}
