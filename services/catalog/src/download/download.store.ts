import type { DownloadOutcome, PublicationState } from '@slipway/contracts'
import type { Statement, Store } from '@slipway/store'
import { auditColumns } from '../audit/record-audit.ts'
import type { AffiliateRights } from './gate.ts'

export type FileOfPath = {
  readonly releasePackageId: number
  readonly releaseVersionId: number
  readonly releaseFileId: number
}

/** A file, and what the gate asks about the caller's affiliate. */
export type WantedFile = {
  readonly member: string
  readonly state: PublicationState
  readonly url: string | null
  readonly sha256: string | null
  /** Names for the trail, as they are now. */
  readonly names: Readonly<Record<string, string>>
  readonly affiliateId: number | null
  readonly affiliate: AffiliateRights | null
}

const find: Statement = {
  name: 'download.find',
  text: `
    select p.member, v.state, f.download_url as url, f.sha256,
      jsonb_strip_nulls(jsonb_build_object(
        'releasePackage.name', p.name, 'releaseVersion.name', v.name, 'releaseFile.label', f.label)) as names,
      a.affiliate_id as "affiliateId",
      case when a.affiliate_id is not null then json_build_object('standing', a.standing, 'applications', (
        select coalesce(json_agg(json_build_object('type', application_type, 'state', state, 'member', member)), '[]')
        from application where affiliate_id = a.affiliate_id
      )) end as affiliate
    from release_file f
      join release_version v on v.release_version_id = f.release_version_id
      join release_package p on p.release_package_id = v.release_package_id
      left join affiliate a on a.creator = $4
    where p.release_package_id = $1 and v.release_version_id = $2 and f.release_file_id = $3 and p.inactive_at is null`,
}

/** Null: there is no such file on this path. `login` is in lower case; nothing is remembered from one call to the next. */
export async function findWantedFile(store: Store, path: FileOfPath, login: string | null): Promise<WantedFile | null> {
  const { releasePackageId, releaseVersionId, releaseFileId } = path
  const [row] = await store.read<WantedFile>(find, [releasePackageId, releaseVersionId, releaseFileId, login])
  return row ?? null
}

const begin: Statement = {
  name: 'download.begin',
  text: `
    insert into download (download_id, principal, affiliate_id, release_package_id, release_version_id,
      release_file_id, data)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (download_id) do nothing`,
}

export type NewDownload = FileOfPath & {
  readonly downloadId: string
  readonly principal: string
  readonly affiliateId: number | null
  readonly names: Readonly<Record<string, string>>
}

/** Notes that a download may begin; its end is recorded even if whoever carries it out never tells. */
export async function beginDownload(store: Store, download: NewDownload): Promise<void> {
  const { downloadId, principal, affiliateId, releasePackageId, releaseVersionId, releaseFileId, names } = download
  const file = [releasePackageId, releaseVersionId, releaseFileId]
  await store.write(begin, [downloadId, principal, affiliateId, ...file, JSON.stringify(names)])
}

/** From under way into the trail in one statement: a second report of the same end finds nothing. */
const intoTrail = (which: string, data: string) => `
  with ended as (delete from download where ${which} returning *)
  insert into audit_event (${auditColumns})
  select principal, 'RELEASE_FILE_DOWNLOADED', data || ${data},
    release_package_id, release_version_id, release_file_id, affiliate_id, null
  from ended order by started_at`

const end: Statement = {
  name: 'download.end',
  text: intoTrail(
    'download_id = $1',
    `jsonb_build_object('download.statusCode', $2::text) ||
      case when $3 = 'complete' then '{}' else jsonb_build_object('download.outcome', $3::text) end`,
  ),
}

/** Writes the trail of a download that ended; the outcome is part of it only if it was not complete. */
export async function endDownload(
  store: Store,
  downloadId: string,
  status: number,
  outcome: DownloadOutcome,
): Promise<void> {
  await store.write(end, [downloadId, String(status), outcome])
}

const abandonedAfterHours = 24
const abandon: Statement = {
  name: 'download.abandon',
  text: intoTrail(
    `started_at < now() - ${abandonedAfterHours} * interval '1 hour'`,
    `'{"download.statusCode": "500", "download.outcome": "unknown"}'`,
  ),
}

/** Records downloads whose end nobody told within a day: the process that carried them out is gone. */
export async function abandonDownloads(store: Store): Promise<void> {
  await store.write(abandon)
}
