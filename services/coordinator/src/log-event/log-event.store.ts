import { rowJson } from '@slipway/store'
import type { Expression, ExpressionBuilder } from 'kysely'
import type { Database } from '../database.ts'
import { type ListCondition, listOf } from '../list-page.ts'
import { isoTime, linkTo } from '../rendered.ts'

/** The API's form of an event `item`. */
export function logEventBody(eb: ExpressionBuilder<{ item: Database['event'] }, 'item'>, base: Expression<string>) {
  return rowJson([
    eb.ref('item.kf_id').as('kf_id'),
    eb.ref('item.event_type').as('event_type'),
    eb.ref('item.message').as('message'),
    linkTo(base, 'releases', eb.ref('item.release')).as('release'),
    linkTo(base, 'task-services', eb.ref('item.task_service')).as('task_service'),
    linkTo(base, 'tasks', eb.ref('item.task')).as('task'),
    isoTime(eb.ref('item.created_at')).as('created_at'),
  ])
}

export const logEventList = listOf({
  table: 'event',
  items: (db, base) =>
    db
      .selectFrom('event as item')
      .select(eb => ['item.kf_id', 'item.created_at', 'item.position', logEventBody(eb, base).as('body')]),
  counted: [],
})

/** Events of releases that contain a study. */
export const ofStudy = (study: string): ListCondition<'event'> => ({
  name: 'of-study',
  where: (row, value) =>
    row('row.release', 'in', row.selectFrom('release_study').select('release').where('study', '=', value)),
  value: study,
})
