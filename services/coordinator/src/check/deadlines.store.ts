import { taskEvents } from '@slipway/contracts'
import { emit, type Queryable, type Store } from '@slipway/store'
import { sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import type { Database } from '../database.ts'
import { projectEvents } from '../platform-task/project.ts'
import { before } from '../rendered.ts'
import { prepare } from '../sql.ts'

const overdueTasks = prepare<{ deadline: number; silence: number }>()('deadline.tasks', (db, p) =>
  db
    .selectFrom('task as t')
    .innerJoin('release as r', 'r.kf_id', 't.release')
    .select('t.release')
    .distinct()
    .where('t.state', 'in', ['waiting', 'initialized', 'running', 'publishing'])
    .where('r.state', 'not in', ['canceling', 'published', 'canceled', 'failed'])
    .where(eb =>
      eb.or([
        eb('t.moved_at', '<', before(p.deadline)),
        eb.and([sql<boolean>`${p.silence}::float8 > 0`, eb('t.heard_at', '<', before(p.silence))]),
      ]),
    )
    .limit(sql.lit(1000)),
)

/**
 * Releases with a task that is over its deadline (nothing happened to it for so long), or that was silent for longer
 * than allowed, where a limit is set for that.
 */
export async function releasesWithOverdueTasks(
  store: Store<Database>,
  deadlineSeconds: number,
  silenceSeconds: number,
): Promise<string[]> {
  const rows = await store.read(overdueTasks, { deadline: deadlineSeconds, silence: silenceSeconds })
  return rows.map(row => row.release)
}

const overdueReleases = prepare<{ seconds: number }>()('deadline.releases', (db, p) =>
  db
    .selectFrom('release as r')
    .select('r.kf_id')
    .where('r.state', 'in', ['initializing', 'running', 'publishing'])
    .where('r.created_at', '<', before(p.seconds))
    .where(eb => {
      const newest = eb
        .selectFrom('event as e')
        .select(sql<string>`max(e.created_at)`.as('newest'))
        .whereRef('e.release', '=', 'r.kf_id')
      return eb(eb.fn.coalesce(newest, 'r.created_at'), '<', before(p.seconds))
    })
    .limit(sql.lit(1000)),
)

/** Releases under way in which nothing happened for so long. */
export async function overdueReleaseIds(store: Store<Database>, seconds: number): Promise<string[]> {
  return (await store.read(overdueReleases, { seconds })).map(row => row.kf_id)
}

const releasesUnderWay = prepare()('deadline.under-way', db =>
  db
    .selectFrom('release')
    .select('kf_id')
    .where('state', 'in', ['initializing', 'running', 'publishing', 'canceling'])
    .orderBy('created_at')
    .limit(sql.lit(10_000)),
)

/** Releases that wait for something to happen. */
export async function releasesInFlight(store: Store<Database>): Promise<string[]> {
  return (await store.read(releasesUnderWay)).map(row => row.kf_id)
}

const orphans = prepare<{ service: string | null }>()('deadline.orphans', (db, p) =>
  db
    .with('gone', q =>
      q
        .deleteFrom('task as t')
        .using(['task_service as s', 'release as r'])
        .whereRef('s.kf_id', '=', 't.task_service')
        .where('s.deleted', '=', true)
        .whereRef('r.kf_id', '=', 't.release')
        .where('r.state', 'in', ['published', 'canceled', 'failed'])
        .where(eb => eb.or([sql<boolean>`${p.service}::text is null`, sql<boolean>`s.kf_id = ${p.service}`]))
        .returning(['t.kf_id', 't.release', 't.task_service', 's.name', 't.state', 't.progress', 't.seq']),
    )
    .with('announced', q => {
      const events = q.selectFrom('gone').select(eb => [
        'kf_id as aggregate',
        eb('seq', '+', 1).as('sequence'),
        sql.lit('system').as('actor'),
        sql.lit(null).as('traceparent'),
        jsonBuildObject({
          task_id: eb.ref('kf_id'),
          release_id: eb.ref('release'),
          task_service_id: eb.ref('task_service'),
          service_name: eb.ref('name'),
          state: eb.ref('state'),
          previous_state: eb.ref('state'),
          progress: eb.ref('progress'),
        }).as('data'),
      ])
      return emit(q, taskEvents.deleted, events).returning(['noun', 'verb', 'aggregate', 'actor', 'data'])
    })
    .selectFrom('announced')
    .selectAll(),
)

/** Removes the tasks of deleted task services from releases that have ended; of one service, or of all. */
export async function removeOrphanedTasks(tx: Queryable, service: string | null): Promise<void> {
  await projectEvents(tx, await tx.query(orphans, { service }))
}
