import { type Store, snapshotRows } from '@slipway/store'
import { type Kysely, sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import type { Database } from '../database.ts'
import { instantText } from '../instant.ts'
import { prepare } from '../sql.ts'

export type FeedFile = {
  readonly path: string
  readonly origin: string | null
  readonly md5: string | null
  readonly sha256: string | null
  readonly size: string | null
  readonly primary: boolean
}

export type FeedEntry = {
  /** The same for as long as there is the version, whatever changes of it. */
  readonly entry_id: string
  readonly package_name: string | null
  readonly copyrights: string | null
  readonly uri: string
  readonly version_name: string | null
  readonly summary: string | null
  readonly package_type: string | null
  readonly version_uri: string
  readonly edition: string | null
  readonly derivative: string | null
  readonly updated: string
  readonly published: string | null
  readonly author_name: string
  readonly author_uri: string | null
  readonly author_email: string | null
  readonly files: readonly FeedFile[]
}

/** What is in the feed: online, named by URIs, not archived, and with something to download. */
const inFeed = (db: Kysely<Database>) =>
  db
    .selectFrom('release_version as version')
    .innerJoin('release_package as package', 'package.release_package_id', 'version.release_package_id')
    .leftJoin('member', 'member.key', 'package.member')
    .where('package.inactive_at', 'is', null)
    .where(sql`btrim(package.uri)`, '<>', '')
    .where(sql`btrim(version.version_uri)`, '<>', '')
    .where('version.state', '=', 'online')
    .where(eb => eb.not(eb.ref('version.archive')))
    .where(eb =>
      eb.exists(
        eb
          .selectFrom('release_file as file')
          .select([])
          .whereRef('file.release_version_id', '=', 'version.release_version_id'),
      ),
    )

/** The digest begins with the version of the form that the feed is written in. */
const state = prepare<{ baseUrl: string }>()('feed.state', (db, p) =>
  inFeed(db).select(eb => [
    instantText(sql<string | null>`max(greatest(version.updated_at, package.updated_at))`).as('updated'),
    sql<
      string | null
    >`md5('2' || ${p.baseUrl} || string_agg(concat_ws('|', version.release_version_id, package.revision,
      member.member_org_name, member.name, member.member_org_url, member.contact_email), ','
      order by version.release_version_id))`.as('digest'),
    eb.selectFrom('installation').select('id').as('feed_id'),
  ]),
)

const entries = prepare()('feed.entries', db =>
  inFeed(db)
    .crossJoin('installation')
    .select(eb => {
      const text = (column: 'version.version_dependent_uri' | 'version.version_dependent_derivative_uri') =>
        sql<string | null>`nullif(btrim(${eb.ref(column)}), '')`
      // In the form of a UUID of version 8: of this version in this installation.
      const permanentId = sql<string>`overlay(overlay(md5(installation.id || '/release-version/' ||
        version.release_version_id) placing '8' from 13) placing '8' from 17)::uuid`
      const path = sql<string>`'/api/releasePackages/' || version.release_package_id || '/releaseVersions/' ||
        file.release_version_id || '/releaseFiles/' || file.release_file_id || '/download'`
      return [
        permanentId.as('entry_id'),
        'package.name as package_name',
        'package.copyrights',
        eb.ref('package.uri').$notNull().as('uri'),
        'version.name as version_name',
        eb.fn.coalesce('version.summary', 'version.description').as('summary'),
        'version.package_type',
        eb.ref('version.version_uri').$notNull().as('version_uri'),
        text('version.version_dependent_uri').as('edition'),
        text('version.version_dependent_derivative_uri').as('derivative'),
        instantText(eb.ref('version.updated_at')).as('updated'),
        sql<string | null>`${eb.ref('version.published_at')} || 'T00:00:00.000Z'`.as('published'),
        eb.fn.coalesce('member.member_org_name', 'member.name', 'package.member').as('author_name'),
        'member.member_org_url as author_uri',
        'member.contact_email as author_email',
        eb
          .selectFrom('release_file as file')
          .select(f =>
            sql<FeedFile[]>`json_agg(${jsonBuildObject({
              path,
              origin: f.ref('file.download_url'),
              md5: f.ref('file.md5_hash'),
              sha256: f.ref('file.sha256'),
              size: f.ref('file.file_size'),
              primary: f.ref('file.primary_file'),
            })} order by ${f.ref('file.release_file_id')})`.as('list'),
          )
          .whereRef('file.release_version_id', '=', 'version.release_version_id')
          .$asScalar()
          .$notNull()
          .as('files'),
      ]
    })
    .orderBy('version.published_at', order => order.desc().nullsLast())
    .orderBy('version.release_version_id', 'desc'),
)

export type FeedState = { readonly updated: string | null; readonly tag: string; readonly feedId: string }

/** When the feed changed last, a weak tag of it, and the UUID that names it for good. */
export async function feedState(store: Pick<Store, 'read'>, baseUrl: string): Promise<FeedState> {
  const [row] = await store.read(state, { baseUrl })
  const { updated = null, digest, feed_id: feedId } = row ?? {}
  return { updated, tag: `W/"${digest ?? 'none'}"`, feedId: feedId ?? '' }
}

/** The entries, those that were published last first. */
export const feedEntries = (store: Store): AsyncIterable<FeedEntry[]> => snapshotRows(store, entries)
