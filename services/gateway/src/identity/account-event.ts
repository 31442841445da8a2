import type { accountEvents, EventDataOf, KnownAccount } from '@slipway/contracts'
import { type AliasableExpression, type Expression, sql } from 'kysely'

/** Columns of an event about a row of `account`, beside its number and its data. */
export const aboutAccount = (actor: AliasableExpression<string>) =>
  [sql<string>`id::text`.as('aggregate'), actor.as('actor'), sql.lit(null).as('traceparent')] as const

/**
 * A row of `account` as the data of an event, which each time has a greater number. The key that activates the account is
 * never in it, because events are read by many. `baseUrl`: what the link in a mail starts with.
 */
export const accountData = (row: 'account' | 'changed', baseUrl: Expression<string | null> = sql.lit(null)) =>
  sql<KnownAccount>`account_told(row(${sql.table(row)}.*)::account, null, ${baseUrl})`

/** A row of `account` that is gone as the data of an event. */
export const deletionData = sql<EventDataOf<typeof accountEvents.deleted>>`
  json_build_object('login', login, 'sequence', nextval('account_change'))`
