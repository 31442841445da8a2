import type { Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'
import type { Version } from './version.ts'

const lockVersions = prepare()(
  'version.lock',
  () => sql`select pg_advisory_xact_lock(hashtext('slipway.release-versions'))`,
)

/** Until the transaction ends nobody else gives a version away. Taken after the lock on a release, never before. */
export async function lockVersionNumbers(tx: Queryable): Promise<void> {
  await tx.query(lockVersions)
}

/** The greatest version that a release has, or that was given before a restore. */
function prepareGreatest(name: string, { published }: { readonly published: boolean }) {
  return prepare<unknown>()(`version.${name}`, db => {
    const greatest = db
      .selectFrom('release')
      .select(['major', 'minor', 'patch'])
      .$if(published, q => q.where('state', '=', 'published'))
      .orderBy('major', 'desc')
      .orderBy('minor', 'desc')
      .orderBy('patch', 'desc')
      .limit(sql.lit(1))
    const floor = db.selectFrom('version_floor').select(['major', 'minor', 'patch'])
    return db
      .selectFrom(sql<Version>`(${greatest} union all ${floor})`.as('given'))
      .select(['given.major', 'given.minor', 'given.patch'])
      .orderBy('given.major', 'desc')
      .orderBy('given.minor', 'desc')
      .orderBy('given.patch', 'desc')
      .limit(sql.lit(1))
  })
}

const greatest = prepareGreatest('greatest', { published: false })
const greatestPublishedStatement = prepareGreatest('greatest-published', { published: true })

/** The greatest version that was ever given to a release, as far as any service has known. */
export async function greatestVersion(tx: Queryable): Promise<Version | undefined> {
  const [row] = await tx.query(greatest)
  return row
}

/** The greatest version of a published release, or one that was given before a restore. */
export async function greatestPublished(tx: Queryable): Promise<Version | undefined> {
  const [row] = await tx.query(greatestPublishedStatement)
  return row
}

const kept = prepare<{ release: string }>()('version.kept', (db, p) =>
  db.selectFrom('kept_version').select(['major', 'minor', 'patch']).where('release', '=', p.release),
)

/** The number under which a release was published before a restore. */
export async function keptVersion(tx: Queryable, release: string): Promise<Version | undefined> {
  const [row] = await tx.query(kept, { release })
  return row
}

const point = prepare<{ release: string }>()('version.point-studies', (db, p) =>
  db
    .updateTable('study as s')
    .from('release as r')
    .innerJoin('release_study as rs', 'rs.release', 'r.kf_id')
    .set(eb => ({ latest_published: eb.ref('r.kf_id') }))
    .where('r.kf_id', '=', p.release)
    .whereRef('s.kf_id', '=', 'rs.study')
    .where(eb => {
      const newer = eb
        .selectFrom('release as p')
        .select('p.kf_id')
        .whereRef('p.kf_id', '=', 's.latest_published')
        .where(sql<boolean>`(p.created_at, p.position) > (r.created_at, r.position)`)
      return eb.not(eb.exists(newer))
    }),
)

/** Makes a release that was just published the newest published one of its studies, unless they have a newer one. */
export async function pointStudiesToPublished(tx: Queryable, release: string): Promise<void> {
  await tx.query(point, { release })
}
