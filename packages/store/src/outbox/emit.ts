import type { EventDataOf, EventType } from '@slipway/contracts'
import { type Expression, type InsertQueryBuilder, type InsertResult, type QueryCreator, sql } from 'kysely'
import type { PlatformTables } from '../sql/platform-tables.ts'

/** What a change tells of: one event a row. */
export type EventRow<Type extends EventType> = {
  readonly aggregate: string
  /** Of the aggregate, from 1, without gaps; it must come out of the row that was changed, whose lock orders its events. */
  readonly sequence: number
  readonly actor: string
  readonly traceparent: string | null
  readonly data: EventDataOf<Type>
}

/**
 * Writes an event of this type for each row of a query, in the statement that makes the change:
 *
 * ```ts
 * db.with('changed', q => q.updateTable('version').…returning(['id', 'revision']))
 *   .with('told', q => emit(q, versionEvents.published, q.selectFrom('changed').select([
 *     'id as aggregate', 'revision as sequence', p.actor.as('actor'), p.traceparent.as('traceparent'), ….as('data'),
 *   ])))
 * ```
 *
 * A query whose `data` is not what the type declares does not compile.
 */
export function emit<Tables extends PlatformTables, Type extends EventType>(
  db: QueryCreator<Tables>,
  { noun, verb }: Type,
  rows: Expression<EventRow<Type>>,
): InsertQueryBuilder<PlatformTables, 'platform.outbox', InsertResult> {
  const told = sql<EventRow<Type>>`${rows}`.as<'told'>(sql.id('told'))
  return (db as unknown as QueryCreator<PlatformTables>)
    .insertInto('platform.outbox')
    .columns(['noun', 'verb', 'aggregate', 'sequence', 'actor', 'traceparent', 'data'])
    .expression(query =>
      query
        .selectFrom(told)
        .select([
          sql.lit(noun).as('noun'),
          sql.lit(verb).as('verb'),
          'told.aggregate',
          'told.sequence',
          'told.actor',
          'told.traceparent',
          'told.data',
        ]),
    )
}
