import type { Queryable, Statement } from '@slipway/store'
import type { Version } from './version.ts'

const lockVersions: Statement = {
  name: 'version-lock',
  text: `select pg_advisory_xact_lock(hashtext('slipway.release-versions'))`,
}

/** Until the transaction ends nobody else gives a version away. Taken after the lock on a release, never before. */
export async function lockVersionNumbers(tx: Queryable): Promise<void> {
  await tx.query(lockVersions)
}

const greatest: Statement = {
  name: 'version-greatest',
  text: `
    select major, minor, patch from (
      (select major, minor, patch from release order by major desc, minor desc, patch desc limit 1)
      union all select major, minor, patch from version_floor
    ) given
    order by major desc, minor desc, patch desc limit 1`,
}

const greatestPublishedStatement: Statement = {
  name: 'version-greatest-published',
  text: `
    select major, minor, patch from (
      (select major, minor, patch from release where state = 'published'
        order by major desc, minor desc, patch desc limit 1)
      union all select major, minor, patch from version_floor
    ) published
    order by major desc, minor desc, patch desc limit 1`,
}

/** The greatest version that was ever given to a release, as far as any service has known. */
export async function greatestVersion(tx: Queryable): Promise<Version | undefined> {
  const [row] = await tx.query<Version>(greatest)
  return row
}

/** The greatest version of a published release, or one that was given before a restore. */
export async function greatestPublished(tx: Queryable): Promise<Version | undefined> {
  const [row] = await tx.query<Version>(greatestPublishedStatement)
  return row
}

const kept: Statement = {
  name: 'version-kept',
  text: 'select major, minor, patch from kept_version where release = $1',
}

/** The number under which a release was published before a restore. */
export async function keptVersion(tx: Queryable, release: string): Promise<Version | undefined> {
  const [row] = await tx.query<Version>(kept, [release])
  return row
}

const point: Statement = {
  name: 'version-point-studies',
  text: `
    update study s set latest_published = r.kf_id
    from release r join release_study rs on rs.release = r.kf_id
    where r.kf_id = $1 and s.kf_id = rs.study
      and not exists (select from release p where p.kf_id = s.latest_published
        and (p.created_at, p.position) > (r.created_at, r.position))`,
}

/** Makes a release that was just published the newest published one of its studies, unless they have a newer one. */
export async function pointStudiesToPublished(tx: Queryable, release: string): Promise<void> {
  await tx.query(point, [release])
}
