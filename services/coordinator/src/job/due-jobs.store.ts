import type { Store } from '@slipway/store'
import { sql } from 'kysely'
import type { Database } from '../database.ts'
import { clock, fromNow } from '../rendered.ts'
import { prepare } from '../sql.ts'
import { type JobKindName, type RunningJob, timeOutSeconds } from './job.ts'
import { announce } from './job-event.ts'

/** Taking is done by one replica at a time, so that two of them cannot begin publish runs at once. */
const lockTaking = prepare()(
  'job.lock-taking',
  () => sql`select pg_advisory_xact_lock(hashtext('slipway.publish-run'))`,
)
const free = sql<boolean>`j.due_at <= clock_timestamp() and (j.lease is null or j.leased_until < clock_timestamp())`
const anythingDue = prepare()('job.due', db =>
  db.selectNoFrom(eb => sql<boolean>`exists ${eb.selectFrom('job as j').select('j.id').where(free)}`.as('due')),
)

/** Of the publish runs over all studies only the oldest is run, and none beside one that is under way. */
const take = prepare<{ limit: number; leaseSeconds: number }>()('job.take', (db, p) =>
  db
    .with('candidate', q =>
      q
        .selectFrom('job as j')
        .select('j.id')
        .where(free)
        .where(eb => {
          const inFront = eb
            .selectFrom('job as o')
            .select('o.id')
            .where('o.kind', '=', 'publish-all')
            .whereRef('o.id', '<>', 'j.id')
            .where(o =>
              o.or([o('o.leased_until', '>=', clock), sql<boolean>`(o.created_at, o.id) < (j.created_at, j.id)`]),
            )
          return eb.or([eb('j.kind', '<>', 'publish-all'), eb.not(eb.exists(inFront))])
        })
        .orderBy('j.due_at')
        .limit(p.limit)
        .forUpdate()
        .skipLocked(),
    )
    .with('taken', q =>
      q
        .updateTable('job as j')
        .from('candidate')
        .set({
          attempt: sql<number>`j.attempt + (j.lease is null)::integer`,
          deaths: sql<number>`j.deaths + (j.lease is not null)::integer`,
          lease: sql<string>`gen_random_uuid()`,
          leased_until: fromNow(p.leaseSeconds),
        })
        .whereRef('j.id', '=', 'candidate.id')
        .returning([
          'j.id',
          sql<JobKindName>`j.kind`.as('kind'),
          sql<string>`j.lease`.as('lease'),
          'j.attempt',
          'j.deaths',
          sql<RunningJob['input']>`j.input`.as('input'),
        ]),
    )
    .with('started', q =>
      q
        .updateTable('platform_task as t')
        .from('taken')
        .set(eb => ({
          status: 'RUNNING',
          attempt: eb('taken.attempt', '+', eb.ref('taken.deaths')),
          started_at: eb.fn.coalesce('t.started_at', clock),
          updated_at: clock,
          revision: eb('t.revision', '+', 1),
          told: sql<number>`t.told + case when t.started_at is null then 1 else 0 end`,
        }))
        .whereRef('t.id', '=', 'taken.id')
        .where('t.ended_at', 'is', null)
        .returningAll('t')
        .returning(sql<boolean>`old.started_at is null`.as('first')),
    )
    .with('waiting', q =>
      q
        .updateTable('platform_task as t')
        .from('job as j')
        .set(eb => ({ status: 'QUEUED', updated_at: clock, revision: eb('t.revision', '+', 1) }))
        .whereRef('j.id', '=', 't.id')
        .where('t.status', '=', 'CREATED')
        .where('j.lease', 'is', null)
        .where(eb => eb.not(eb.exists(eb.selectFrom('candidate as c').select('c.id').whereRef('c.id', '=', 't.id')))),
    )
    .with('announced', q =>
      announce(
        q,
        'started',
        q.selectFrom('started').selectAll().where('first', '=', true),
        sql.lit('system'),
        sql.lit(null),
      ),
    )
    .selectFrom('taken')
    .innerJoin('started', 'started.id', 'taken.id')
    .selectAll('taken')
    .select([
      'started.created_by',
      'started.subject',
      sql<number>`(${sql.lit(timeOutSeconds)} * 1000
        - extract(epoch from clock_timestamp() - started.started_at) * 1000)::float8`.as('remaining_ms'),
    ]),
)

export async function takeJobs(store: Store<Database>, limit: number, leaseSeconds: number): Promise<RunningJob[]> {
  const [look] = await store.read(anythingDue)
  if (!look?.due) return []
  return store.transaction(async tx => {
    await tx.query(lockTaking)
    return tx.query(take, { limit, leaseSeconds })
  })
}
