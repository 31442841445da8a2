import { type Queryable, rowJson } from '@slipway/store'
import type { Expression, ExpressionBuilder } from 'kysely'
import type { Database } from '../database.ts'
import { listOf } from '../list-page.ts'
import { isoTime, linkTo } from '../rendered.ts'
import { prepare } from '../sql.ts'

/** The API's form of a task `t`, whose task service is `s`. */
export function taskBody(
  eb: ExpressionBuilder<{ t: Database['task']; s: Database['task_service'] }, 't' | 's'>,
  base: Expression<string>,
) {
  const service = linkTo(base, 'task-services', eb.ref('t.task_service'))
  return rowJson([
    eb.ref('t.kf_id').as('kf_id'),
    eb.ref('t.state').as('state'),
    eb.ref('t.progress').as('progress'),
    linkTo(base, 'releases', eb.ref('t.release')).as('release'),
    eb.case().when('s.deleted', '=', true).then(null).else(service).end().as('task_service'),
    isoTime(eb.ref('t.created_at')).as('created_at'),
    eb.ref('s.name').as('service_name'),
  ])
}

export const taskList = listOf({
  table: 'task',
  items: (db, base) =>
    db
      .selectFrom('task as t')
      .leftJoin('task_service as s', 's.kf_id', 't.task_service')
      .select(eb => ['t.kf_id', 't.created_at', 't.position', taskBody(eb, base).as('body')]),
  counted: ['state'],
})

const releaseOf = prepare<{ id: string }>()('task.release', (db, p) =>
  db.selectFrom('task').select('release').where('kf_id', '=', p.id),
)

/** The release a task belongs to, or undefined if there is no such task. */
export async function releaseOfTask(read: Queryable['query'], id: string): Promise<string | undefined> {
  const [row] = await read(releaseOf, { id })
  return row?.release
}
