import type { Statement } from '@slipway/store'

/** One row as JSON text: of any number of events, no object of this process is made. */
export type JsonRow = { readonly json: string }

const instant = `to_char(recorded_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
const shown = `json_build_object('timestamp', ${instant}, 'principal', principal, 'type', type, 'data', data)::text`

/** Each null parameter: any. Days are those of UTC; the last one is included. */
export const trail: Statement = {
  name: 'audit.trail',
  text: `
    select ${shown} as json from audit_event
    where ($1::text is null or type = $1) and ($2::bigint is null or affiliate_id = $2)
      and ($3::bigint is null or application_id = $3)
      and ($4::date is null or recorded_at >= $4::date::timestamp at time zone 'utc')
      and ($5::date is null or recorded_at < ($5::date + 1)::timestamp at time zone 'utc')
    order by recorded_at, audit_event_id`,
}

/** Downloads that went well from one day to another in UTC, both included; `$3`: only those by affiliates. */
export const downloads: Statement = {
  name: 'audit.downloads',
  text: `
    select json_build_object('id', audit_event_id, 'principal', principal, 'auditEventDate', ${instant},
      'auditEventType', type, 'data', data, 'affiliateId', affiliate_id, 'applicationId', application_id,
      'commercialUsageId', null, 'releasePackageId', release_package_id, 'releaseVersionId', release_version_id,
      'releaseFileId', release_file_id)::text as json
    from audit_event
    where type = 'RELEASE_FILE_DOWNLOADED' and data ->> 'download.statusCode' = '200'
      and recorded_at >= $1::date::timestamp at time zone 'utc'
      and recorded_at < ($2::date + 1)::timestamp at time zone 'utc'
      and (not $3::boolean or affiliate_id is not null)
    order by recorded_at, audit_event_id`,
}
