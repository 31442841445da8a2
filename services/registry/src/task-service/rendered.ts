import { toleratedFailures } from './task-service.ts'

/** ISO 8601 in UTC with microseconds, no fraction where it is zero, as the Kids First Release Coordinator writes it. */
export function renderedTime(column: string): string {
  return `replace(to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')`
}

const columns = (row: string) => `
  ${row}.kf_id, ${row}.name, ${row}.description, ${row}.last_ok_status, ${row}.author,
  case when ${row}.last_ok_status <= ${toleratedFailures} then 'ok' else 'down' end as health_status,
  ${row}.url, ${renderedTime(`${row}.created_at`)} as created_at, ${row}.enabled`

/** SQL of the JSON that clients get for a row of task_service: what is sent, stored in events and remembered. */
export function renderedTaskService(row: string): string {
  return renderedRow(columns(row))
}

/** SQL of a JSON object of these columns, in their order. */
export function renderedRow(columns: string): string {
  return `(select row_to_json(rendered) from (select ${columns}) rendered)`
}

/**
 * SQL of a JSON array, `[]` for no rows: of `json` for each `row` of an ordered query. It is made outside of the query,
 * because Postgres would make it for the rows that `offset` skips, too.
 */
export function renderedList(json: string, row: string, query: string): string {
  return `(select '[' || coalesce(string_agg(${json}::text, ','), '') || ']' from (${query}) ${row})`
}
