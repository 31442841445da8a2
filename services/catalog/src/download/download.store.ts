import type { DownloadOutcome, PublicationState } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import { recordIn } from '../audit/record-audit.ts'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'
import type { AffiliateRights } from './gate.ts'

type Downloads = ExpressionBuilder<Database, 'download'>

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

const find = prepare<FileOfPath & { login: string | null }>()('download.find', (db, p) =>
  db
    .selectFrom('release_file as f')
    .innerJoin('release_version as v', 'v.release_version_id', 'f.release_version_id')
    .innerJoin('release_package as p', 'p.release_package_id', 'v.release_package_id')
    .leftJoin('affiliate as a', join => join.on('a.creator', '=', p.login))
    .select(eb => {
      const applications = eb
        .selectFrom('application')
        .select(
          sql<AffiliateRights['applications']>`
            coalesce(json_agg(json_build_object('type', application_type, 'state', state, 'member', member)), '[]')`.as(
            'list',
          ),
        )
        .whereRef('affiliate_id', '=', 'a.affiliate_id')
      const rights = sql<AffiliateRights>`
        json_build_object('standing', ${eb.ref('a.standing')}, 'applications', ${applications})`
      return [
        'p.member',
        eb.ref('v.state').$castTo<PublicationState>().as('state'),
        'f.download_url as url',
        'f.sha256',
        sql<WantedFile['names']>`jsonb_strip_nulls(jsonb_build_object('releasePackage.name', ${eb.ref('p.name')},
          'releaseVersion.name', ${eb.ref('v.name')}, 'releaseFile.label', ${eb.ref('f.label')}))`.as('names'),
        'a.affiliate_id as affiliateId',
        eb.case().when('a.affiliate_id', 'is not', null).then(rights).end().as('affiliate'),
      ]
    })
    .where('p.release_package_id', '=', p.releasePackageId)
    .where('v.release_version_id', '=', p.releaseVersionId)
    .where('f.release_file_id', '=', p.releaseFileId)
    .where('p.inactive_at', 'is', null),
)

/** Null: there is no such file on this path. `login` is in lower case; nothing is remembered from one call to the next. */
export async function findWantedFile(store: Store, path: FileOfPath, login: string | null): Promise<WantedFile | null> {
  const [row] = await store.read(find, { ...path, login })
  return row ?? null
}

export type NewDownload = FileOfPath & {
  readonly downloadId: string
  readonly principal: string
  readonly affiliateId: number | null
  readonly names: Readonly<Record<string, string>>
}

const begin = prepare<Omit<NewDownload, 'names'> & { names: string }>()('download.begin', (db, p) =>
  db
    .insertInto('download')
    .values({
      download_id: p.downloadId,
      principal: p.principal,
      affiliate_id: p.affiliateId,
      release_package_id: p.releasePackageId,
      release_version_id: p.releaseVersionId,
      release_file_id: p.releaseFileId,
      data: p.names,
    })
    .onConflict(taken => taken.column('download_id').doNothing()),
)

/** Notes that a download may begin; its end is recorded even if whoever carries it out never tells. */
export async function beginDownload(store: Store, download: NewDownload): Promise<void> {
  await store.write(begin, { ...download, names: JSON.stringify(download.names) })
}

/** From under way into the trail in one statement: a second report of the same end finds nothing. */
const intoTrail = (db: Kysely<Database>, ended: (eb: Downloads) => Expression<SqlBool>, data: Expression<unknown>) => {
  const ids = ['release_package_id', 'release_version_id', 'release_file_id', 'affiliate_id'] as const
  return db
    .with('ended', q => q.deleteFrom('download').where(ended).returningAll())
    .with('recorded', q =>
      recordIn(
        q,
        ids,
        q
          .selectFrom('ended')
          .select(eb => [
            'principal',
            sql.lit('RELEASE_FILE_DOWNLOADED').as('type'),
            sql`${eb.ref('data')} || ${data}`.as('data'),
          ])
          .select(ids)
          .orderBy('started_at'),
      ),
    )
    .selectFrom('ended')
    .select('download_id')
}

const end = prepare<{ downloadId: string; status: string; outcome: DownloadOutcome }>()('download.end', (db, p) =>
  intoTrail(
    db,
    eb => eb('download_id', '=', p.downloadId),
    sql`jsonb_build_object('download.statusCode', ${p.status}::text) ||
      case when ${p.outcome} = 'complete' then '{}' else jsonb_build_object('download.outcome', ${p.outcome}::text) end`,
  ),
)

/** Writes the trail of a download that ended; the outcome is part of it only if it was not complete. */
export async function endDownload(
  store: Store,
  downloadId: string,
  status: number,
  outcome: DownloadOutcome,
): Promise<void> {
  await store.write(end, { downloadId, status: String(status), outcome })
}

const abandonedAfterHours = 24
const abandon = prepare()('download.abandon', db =>
  intoTrail(
    db,
    eb => eb('started_at', '<', sql<string>`now() - ${sql.lit(abandonedAfterHours)} * interval '1 hour'`),
    sql`'{"download.statusCode": "500", "download.outcome": "unknown"}'`,
  ),
)

/** Records downloads whose end nobody told within a day: the process that carried them out is gone. */
export async function abandonDownloads(store: Store): Promise<void> {
  await store.write(abandon)
}
