import type { RestoreFact } from '@slipway/contracts'
import type { FactPage } from '@slipway/service'
import type { Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { lockVersionNumbers } from '../release/version.store.ts'
import { compareVersions, type Version } from '../release/version.ts'
import { prepare } from '../sql.ts'

export const releaseFacts = prepare<FactPage>()('restore.releases', (db, p) =>
  db
    .selectFrom('release')
    .select(sql<RestoreFact>`json_build_object('id', kf_id, 'state', state, 'version', version)`.as('fact'))
    .where('kf_id', '>', p.after)
    .where(sql<boolean>`(${p.of}::text[] is null or kf_id = any(${p.of}::text[]))`)
    .orderBy('kf_id')
    .limit(p.limit),
)

/** Of the platform's own participants: what the others know of their tasks cannot be asked for. */
export const taskFacts = prepare<FactPage>()('restore.tasks', (db, p) =>
  db
    .selectFrom('task as t')
    .innerJoin('task_service as s', 's.kf_id', 't.task_service')
    .select(
      sql<RestoreFact>`json_build_object('id', t.kf_id, 'release', t.release, 'state', t.state,
        'service', substring(s.url from '[a-z]+$'))`.as('fact'),
    )
    .where('s.url', 'in', ['nats://slipway-tasks.catalog', 'nats://slipway-tasks.exporter'])
    .where('s.deleted', '=', false)
    .where('t.release', '>', p.after)
    .where(sql<boolean>`(${p.of}::text[] is null or t.release = any(${p.of}::text[]))`)
    .orderBy('t.release')
    .modifyEnd(sql`fetch first ${p.limit} rows with ties`),
)

export const taskServiceFacts = prepare<FactPage>()('restore.task-services', (db, p) =>
  db
    .selectFrom('task_service')
    .select(
      sql<RestoreFact>`json_build_object('id', kf_id, 'state', case when deleted then 'deleted' else 'known' end)`.as(
        'fact',
      ),
    )
    .where('kf_id', '>', p.after)
    .where(sql<boolean>`(${p.of}::text[] is null or kf_id = any(${p.of}::text[]))`)
    .orderBy('kf_id')
    .limit(p.limit),
)

export const numberFacts = prepare<FactPage>()('restore.numbers', db =>
  db
    .selectFrom(
      sql<Version>`(
        select major, minor, patch from release union all select major, minor, patch from version_floor
        order by major desc, minor desc, patch desc limit 1
      )`.as('greatest'),
    )
    .select(
      sql<RestoreFact>`json_build_object('id', 'version', 'version', concat_ws('.', major, minor, patch))`.as('fact'),
    ),
)

const raise = prepare<Version>()('restore.raise-version', (db, p) =>
  db
    .insertInto('version_floor')
    .values({ major: p.major, minor: p.minor, patch: p.patch })
    .onConflict(conflict =>
      conflict
        .column('one')
        .doUpdateSet(eb => ({
          major: eb.ref('excluded.major'),
          minor: eb.ref('excluded.minor'),
          patch: eb.ref('excluded.patch'),
        }))
        .where(
          sql<boolean>`(excluded.major, excluded.minor, excluded.patch)
            > (version_floor.major, version_floor.minor, version_floor.patch)`,
        ),
    )
    .returning('one'),
)

/** New versions are above this one. False: they are so already. */
export async function raiseVersions(tx: Queryable, version: Version): Promise<boolean> {
  return (await tx.query(raise, version)).length > 0
}

const lockRelease = prepare<{ release: string }>()('restore.lock-release', (db, p) =>
  db.selectFrom('release').select(['state', 'major', 'minor', 'patch']).where('kf_id', '=', p.release).forUpdate(),
)

const keep = prepare<Version & { release: string }>()('restore.keep-version', (db, p) =>
  db
    .insertInto('kept_version')
    .columns(['release', 'major', 'minor', 'patch'])
    .expression(
      db
        .selectNoFrom([p.release.as('release'), p.major.as('major'), p.minor.as('minor'), p.patch.as('patch')])
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('release')
                .select('kf_id')
                .where('major', '=', p.major)
                .where('minor', '=', p.minor)
                .where('patch', '=', p.patch),
            ),
          ),
        ),
    )
    .onConflict(conflict => conflict.doNothing())
    .returning('release'),
)

/**
 * The release will be published under this number, as it was before. False: it is not free any more, or not above the
 * release's own, or the release is not there to be published.
 */
export async function keepVersion(tx: Queryable, release: string, version: Version): Promise<boolean> {
  const [row] = await tx.query(lockRelease, { release })
  await lockVersionNumbers(tx)
  if (row?.state !== 'staged' || compareVersions(version, row) <= 0) return false
  if ((await tx.query(keep, { release, ...version })).length === 0) return false
  await raiseVersions(tx, version)
  return true
}
