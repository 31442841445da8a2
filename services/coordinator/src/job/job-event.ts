import { platformTaskEvents } from '@slipway/contracts'
import { emit } from '@slipway/store'
import { type Expression, type QueryCreator, type Selectable, sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import type { Database } from '../database.ts'

type Recorded = Pick<Selectable<Database['platform_task']>, 'id' | 'kind' | 'name' | 'status' | 'subject' | 'told'>

/** Writes the event of own jobs; `rows` are those of the registry as they are after the change. */
export function announce(
  db: QueryCreator<Database>,
  verb: keyof typeof platformTaskEvents,
  rows: Expression<Recorded>,
  actor: Expression<string>,
  traceparent: Expression<string | null>,
) {
  const events = db.selectFrom(sql<Recorded>`${rows}`.as('t')).select(({ ref }) => [
    't.id as aggregate',
    't.told as sequence',
    sql<string>`${actor}`.as('actor'),
    sql<string | null>`${traceparent}`.as('traceparent'),
    jsonBuildObject({
      task_id: ref('t.id'),
      kind: ref('t.kind'),
      name: ref('t.name'),
      status: ref('t.status'),
      subject: ref('t.subject'),
    }).as('data'),
  ])
  return emit(db, platformTaskEvents[verb], events)
}
