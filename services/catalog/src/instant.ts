import { type Expression, sql } from 'kysely'

/** An instant as the MLDS API writes it, from any text that Postgres makes of one. */
export function instantOf(text: string): string
export function instantOf(text: string | null): string | null
export function instantOf(text: string | null): string | null {
  return text === null ? null : new Date(text).toISOString()
}

/** The same, made by PostgreSQL: UTC, with milliseconds. */
export function instantText<Instant extends string | null>(instant: Expression<Instant>) {
  return sql<Instant>`to_char(${instant} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}
