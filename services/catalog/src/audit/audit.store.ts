import type { Parameters } from '@slipway/store'
import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import type { Database } from '../database.ts'
import { instantText } from '../instant.ts'
import { prepare } from '../sql.ts'
import type { AuditFilter } from './audit-filter.ts'

const eb = expressionBuilder<Database, 'audit_event'>()

/** Of downloads that went well from one day to another; `affiliatesOnly`: those by affiliates. */
export type DownloadFilter = { readonly from: string; readonly to: string; readonly affiliatesOnly: boolean }

/** Days are those of UTC; the last one is included. */
const isFrom = (day: Expression<string | null>) =>
  sql<SqlBool>`${eb.ref('recorded_at')} >= ${day}::date::timestamp at time zone 'utc'`
const isTo = (day: Expression<string | null>) =>
  sql<SqlBool>`${eb.ref('recorded_at')} < (${day}::date + 1)::timestamp at time zone 'utc'`

/** The condition of downloads, for lists and statistics. */
export const isDownload = (p: Parameters<DownloadFilter>) =>
  eb.and([
    eb('type', '=', 'RELEASE_FILE_DOWNLOADED'),
    eb(sql`${eb.ref('data')} ->> 'download.statusCode'`, '=', '200'),
    isFrom(p.from),
    isTo(p.to),
    sql<SqlBool>`(not ${p.affiliatesOnly}::boolean or ${eb.ref('affiliate_id')} is not null)`,
  ])

/** One row as JSON text: of any number of events, no object of this process is made. */
const asText = (columns: Record<string, Expression<unknown>>) =>
  sql<string>`${jsonBuildObject(columns)}::text`.as('json')

/** Each null: any. */
export const trail = prepare<AuditFilter>()('audit.trail', (db, p) => {
  const isAny = (parameter: Expression<string | null>, type: 'text' | 'bigint' | 'date') =>
    sql<SqlBool>`${parameter}::${sql.raw(type)} is null`
  return db
    .selectFrom('audit_event')
    .select(
      asText({
        timestamp: instantText(eb.ref('recorded_at')),
        principal: eb.ref('principal'),
        type: eb.ref('type'),
        data: eb.ref('data'),
      }),
    )
    .where(q => q.or([isAny(p.type, 'text'), q('type', '=', p.type)]))
    .where(q => q.or([isAny(p.affiliate, 'bigint'), sql<SqlBool>`${q.ref('affiliate_id')} = ${p.affiliate}`]))
    .where(q => q.or([isAny(p.application, 'bigint'), sql<SqlBool>`${q.ref('application_id')} = ${p.application}`]))
    .where(q => q.or([isAny(p.from, 'date'), isFrom(p.from)]))
    .where(q => q.or([isAny(p.to, 'date'), isTo(p.to)]))
    .orderBy('recorded_at')
    .orderBy('audit_event_id')
})

export const downloads = prepare<DownloadFilter>()('audit.downloads', (db, p) =>
  db
    .selectFrom('audit_event')
    .select(
      asText({
        id: eb.ref('audit_event_id'),
        principal: eb.ref('principal'),
        auditEventDate: instantText(eb.ref('recorded_at')),
        auditEventType: eb.ref('type'),
        data: eb.ref('data'),
        affiliateId: eb.ref('affiliate_id'),
        applicationId: eb.ref('application_id'),
        commercialUsageId: sql.lit(null),
        releasePackageId: eb.ref('release_package_id'),
        releaseVersionId: eb.ref('release_version_id'),
        releaseFileId: eb.ref('release_file_id'),
      }),
    )
    .where(isDownload(p))
    .orderBy('recorded_at')
    .orderBy('audit_event_id'),
)
