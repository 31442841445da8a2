import type { RestoreFact } from '@slipway/contracts'
import type { FactPage } from '@slipway/service'
import { preparer, type Queryable } from '@slipway/store'
import { sql } from 'kysely'
import type { Database } from '../database.ts'
import type { Version } from '../release/version.ts'

const prepare = preparer<Database>()

export const releaseFacts = prepare<FactPage>()('restore.releases', (db, p) =>
  db
    .selectFrom('release')
    .select(sql<RestoreFact>`json_build_object('id', kf_id, 'state', state, 'version', version)`.as('fact'))
    .where('kf_id', '>', p.after)
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
    .where('t.kf_id', '>', p.after)
    .orderBy('t.kf_id')
    .limit(p.limit),
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
