import type { Identity } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'

/**
 * The columns of `audit_event` that a change fills, in the order in which statements name them; the id and the time have
 * defaults. A statement that makes a change and writes its trail at once:
 *
 * ```sql
 * with made as (insert into release_package (…) values (…) returning *), audit as (
 *   insert into audit_event (${auditColumns})
 *   select :principal, 'RELEASE_PACKAGE_CREATED', jsonb_build_object('releasePackage.name', name),
 *     release_package_id, null, null, null, null from made
 * )
 * select … from made
 * ```
 */
export const auditColumns =
  'principal, type, data, release_package_id, release_version_id, release_file_id, affiliate_id, application_id'

/** What happened, as the trail keeps it; the ids are what a reader may filter by. */
export type AuditEntry = {
  readonly principal: string
  readonly type: string
  readonly data: Readonly<Record<string, string>>
  readonly release_package_id?: number | null
  readonly release_version_id?: number | null
  readonly release_file_id?: number | null
  readonly affiliate_id?: number | null
  readonly application_id?: number | null
}

const record: Statement = {
  name: 'audit.record',
  text: `
    insert into audit_event (${auditColumns})
    select ${auditColumns}
    from json_to_recordset($1::json) as entry(
      principal text, type text, data jsonb, release_package_id bigint, release_version_id bigint,
      release_file_id bigint, affiliate_id bigint, application_id bigint
    )`,
}

/** Writes entries in the transaction of what they tell of, in their order, in one round trip. */
export async function recordAudit(tx: Queryable, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length > 0) await tx.query(record, [JSON.stringify(entries)])
}

/** Who acts, in the words of the trail: the login in lower case. */
export function principalOf(identity: Identity | null): string {
  return identity?.login.toLowerCase() ?? 'anonymous'
}
