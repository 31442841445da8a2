import type { Identity } from '@slipway/contracts'
import { type Queryable, recordset } from '@slipway/store'
import { type Expression, type InsertQueryBuilder, type InsertResult, type QueryCreator, sql } from 'kysely'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'

const ids = ['release_package_id', 'release_version_id', 'release_file_id', 'affiliate_id', 'application_id'] as const
type TrailId = (typeof ids)[number]

/** What happened, as the trail keeps it; the ids are what a reader may filter by. */
export type AuditEntry = {
  readonly principal: string
  readonly type: string
  readonly data: Readonly<Record<string, string>>
} & { readonly [Id in TrailId]?: number | null }

type EntryRow<Id extends TrailId> = { readonly principal: string; readonly type: string; readonly data: unknown } & {
  readonly [Name in Id]: number | null
}

/**
 * Writes an entry of the trail for each row of a query, in the statement that makes the change; ids that are not named
 * are empty. The id and the time of an entry have defaults.
 */
export function recordIn<Tables extends Database, const Id extends TrailId>(
  db: QueryCreator<Tables>,
  named: readonly Id[],
  rows: Expression<EntryRow<Id>>,
): InsertQueryBuilder<Database, 'audit_event', InsertResult> {
  const columns = ['principal', 'type', 'data', ...named] as const
  return (db as unknown as QueryCreator<Database>)
    .insertInto('audit_event')
    .columns(columns)
    .expression(sql`select ${sql.join(columns.map(column => sql.ref(`entry.${column}`)))} from ${rows} as entry`)
}

const record = prepare<{ entries: string }>()('audit.record', (db, p) => {
  const columns = ['principal', 'type', 'data', ...ids] as const
  const entries = recordset<EntryRow<TrailId>>()(p.entries, 'entry', {
    principal: 'text',
    type: 'text',
    data: 'jsonb',
    release_package_id: 'bigint',
    release_version_id: 'bigint',
    release_file_id: 'bigint',
    affiliate_id: 'bigint',
    application_id: 'bigint',
  })
  return db
    .insertInto('audit_event')
    .columns(columns)
    .expression(q => q.selectFrom(entries).select(columns))
})

/** Writes entries in the transaction of what they tell of, in their order, in one round trip. */
export async function recordAudit(tx: Queryable, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length > 0) await tx.query(record, { entries: JSON.stringify(entries) })
}

/** Who acts, in the words of the trail: the login in lower case. */
export function principalOf(identity: Identity | null): string {
  return identity?.login.toLowerCase() ?? 'anonymous'
}
