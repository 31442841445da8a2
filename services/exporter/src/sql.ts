import { type Prepared, preparer } from '@slipway/store'
import { type AliasedExpression, type Expression, type SelectType, sql } from 'kysely'
import type { Database } from './database.ts'

/** Makes the statements of the exporter. */
export const prepare = preparer<Database>()

/** A row that a statement gives. */
export type RowOf<Statement> = Statement extends Prepared<never, infer Row> ? Row : never

/** An instant as bodies have it: ISO 8601 in UTC, with milliseconds. */
export const isoMs = <Instant extends string | null>(instant: Expression<Instant>) => sql<Instant>`iso_ms(${instant})`

/** The time of a change, in whole milliseconds. */
export const nowMs = sql<string>`now_ms()`

/** The time of leases, and of what is due. */
export const clockNow = sql<string>`clock_timestamp()`

/** So long after `clockNow`; null: never. */
export const fromNow = (count: Expression<number | null>, unit: 'second' | 'millisecond') =>
  sql<string>`clock_timestamp() + ${count} * interval ${sql.lit(`1 ${unit}`)}`

/** Milliseconds from now to the instant: negative when it has passed, null without one. */
export const msUntil = (instant: Expression<string | null>) =>
  sql<number | null>`(extract(epoch from ${instant} - clock_timestamp()) * 1000)::float8`

/** Lists of the same length, as the rows of a table: each is a column of it. */
export const unnest = <Alias extends string, Row>(
  alias: Alias,
  columns: { readonly [Column in keyof Row]: Expression<Row[Column][]> },
) =>
  sql<Row>`unnest(${sql.join(Object.values(columns))})`.as<Alias>(
    sql`${sql.id(alias)}(${sql.join(Object.keys(columns).map(column => sql.id(column)))})`,
  )

type Filling<Table extends keyof Database> = {
  readonly [Column in keyof Database[Table]]?: Expression<SelectType<Database[Table][Column]>>
}

/** What an insert takes out of a query: its columns, and what the query selects for them. */
export function filling<Table extends keyof Database>(given: Filling<Table>) {
  const entries = Object.entries(given as Readonly<Record<string, Expression<unknown>>>)
  return {
    columns: Object.keys(given) as (keyof Database[Table] & string)[],
    values: entries.map(([column, value]): AliasedExpression<unknown, string> => sql`${value}`.as(column)),
  }
}

/** The query of an insert that gives identities of its own. */
export const overridingIdentity = (query: Expression<unknown>) => sql`overriding system value ${query}`
