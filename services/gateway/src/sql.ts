import { type Prepared, preparer } from '@slipway/store'
import { type Expression, type SqlBool, sql } from 'kysely'
import type { Database } from './database.ts'

/** Makes the statements of this service. */
export const prepare = preparer<Database>()

/** When the transaction began. */
export const now = sql<string>`now()`

export const daysAgo = (days: Expression<number>) => sql<string>`now() - make_interval(days => ${days}::int)`

/** A condition that counts only where its parameter is given. */
export const ifGiven = (
  parameter: Expression<unknown>,
  type: 'text' | 'text[]' | 'timestamptz' | 'uuid',
  condition: Expression<SqlBool>,
) => sql<boolean>`(${parameter}::${sql.raw(type)} is null or ${condition})`

/** Whether something has not ended; null: it never does. */
export const lasts = (end: Expression<string | null>) => sql<boolean>`(${end} is null or ${end} > now())`

/** Logins and addresses are the same whatever their case. */
export const lower = (text: Expression<string | null>) => sql<string>`lower(${text})`

/** Waits until no other transaction, of whatever replica, has the turn of this name, and has it until its own end. */
export const prepareTurn = (name: string, turn: string): Prepared<unknown, unknown> =>
  prepare()(name, () => sql`select pg_advisory_xact_lock(hashtextextended(${sql.lit(turn)}, 0))`)
