import { type AnyStore, type Statement, type Store, snapshotRows } from '@slipway/store'

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
const isInFeed = `package.inactive_at is null and btrim(package.uri) <> '' and btrim(version.version_uri) <> ''
  and version.state = 'online' and not version.archive
  and exists (select from release_file file where file.release_version_id = version.release_version_id)`

const sources = `release_version version join release_package package using (release_package_id)
  left join member on member.key = package.member`

const instant = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** The digest begins with the version of the form that the feed is written in. */
const state: Statement = {
  name: 'feed.state',
  text: `select ${instant('max(greatest(version.updated_at, package.updated_at))')} as updated,
      md5('2' || $1 || string_agg(concat_ws('|', release_version_id, package.revision, member.member_org_name, member.name,
        member.member_org_url, member.contact_email), ',' order by release_version_id)) as digest,
      (select id from installation) as feed_id
    from ${sources} where ${isInFeed}`,
}

/** Of this version in this installation, in the form of a UUID of version 8. */
const permanentId = `overlay(overlay(md5(installation.id || '/release-version/' || release_version_id)
    placing '8' from 13) placing '8' from 17)::uuid`

const entries: Statement = {
  name: 'feed.entries',
  text: `
  select ${permanentId} as entry_id, package.name as package_name, package.copyrights, package.uri, version.name as version_name,
    coalesce(version.summary, version.description) as summary, version.package_type, version.version_uri,
    nullif(btrim(version.version_dependent_uri), '') as edition,
    nullif(btrim(version.version_dependent_derivative_uri), '') as derivative,
    ${instant('version.updated_at')} as updated, version.published_at || 'T00:00:00.000Z' as published,
    coalesce(member.member_org_name, member.name, package.member) as author_name,
    member.member_org_url as author_uri, member.contact_email as author_email,
    (select json_agg(json_build_object('path', '/api/releasePackages/' || release_package_id || '/releaseVersions/' ||
        release_version_id || '/releaseFiles/' || release_file_id || '/download', 'origin', download_url,
        'md5', md5_hash, 'sha256', sha256, 'size', file_size, 'primary', primary_file) order by release_file_id)
      from release_file file where file.release_version_id = version.release_version_id) as files
  from ${sources} cross join installation where ${isInFeed}
  order by version.published_at desc nulls last, release_version_id desc`,
}

export type FeedState = { readonly updated: string | null; readonly tag: string; readonly feedId: string }

/** When the feed changed last, a weak tag of it, and the UUID that names it for good. */
export async function feedState(store: Pick<AnyStore, 'read'>, baseUrl: string): Promise<FeedState> {
  const [row] = await store.read<{ updated: string | null; digest: string | null; feed_id: string }>(state, [baseUrl])
  const { updated = null, digest, feed_id: feedId = '' } = row ?? {}
  return { updated, tag: `W/"${digest ?? 'none'}"`, feedId }
}

/** The entries, those that were published last first. */
export const feedEntries = (store: Store): AsyncIterable<FeedEntry[]> => snapshotRows<FeedEntry>(store, entries)
