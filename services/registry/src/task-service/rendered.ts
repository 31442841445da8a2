import { rowJson } from '@slipway/store'
import { type Expression, type ExpressionBuilder, type Selectable, sql } from 'kysely'
import type { Database } from '../database.ts'
import { toleratedFailures } from './task-service.ts'

/** ISO 8601 in UTC with microseconds, no fraction where it is zero, as the Kids First Release Coordinator writes it. */
export function renderedTime(time: Expression<string>) {
  return sql<string>`replace(to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')`
}

/** The JSON that clients get for a row `s` of task_service: what is sent, stored in events and remembered. */
export function renderedTaskService(eb: ExpressionBuilder<{ s: Selectable<Database['task_service']> }, 's'>) {
  return rowJson([
    eb.ref('s.kf_id').as('kf_id'),
    eb.ref('s.name').as('name'),
    eb.ref('s.description').as('description'),
    eb.ref('s.last_ok_status').as('last_ok_status'),
    eb.ref('s.author').as('author'),
    eb
      .case()
      .when('s.last_ok_status', '<=', toleratedFailures)
      .then(sql.lit('ok' as const))
      .else(sql.lit('down' as const))
      .end()
      .as('health_status'),
    eb.ref('s.url').as('url'),
    renderedTime(eb.ref('s.created_at')).as('created_at'),
    eb.ref('s.enabled').as('enabled'),
  ])
}
