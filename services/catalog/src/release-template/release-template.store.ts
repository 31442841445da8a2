import {
  type OutputOf,
  type ReleaseTemplateFields,
  releaseTemplateEvents,
  type releaseTemplateOperations,
} from '@slipway/contracts'
import { emit, type Queryable, type Store } from '@slipway/store'
import { type Kysely, sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'

const today = sql<string>`utc_today()`

/** What the operations answer, but for the setting. */
export type ReleaseTemplate = Omit<OutputOf<typeof releaseTemplateOperations.get>, 'enabled'>

const read = prepare<{ schedule: number }>()('release-template.read', (db, p) =>
  db
    .selectFrom('release_template as t')
    .innerJoin('schedule as s', 's.id', 't.schedule_id')
    .select(['t.schedule_id as schedule', 't.name', 't.description', 't.studies', 't.tags', 't.is_major', 't.author'])
    .select(eb => [
      eb.cast<string>('s.date', 'text').as('date'),
      eb
        .case()
        .when('t.release', 'is', null)
        .then(sql.lit('waiting' as const))
        .else(sql.lit('started' as const))
        .end()
        .as('state'),
      't.release',
      't.attempts',
      't.error',
    ])
    .where('t.schedule_id', '=', p.schedule),
)
const lockSchedule = prepare<{ schedule: number }>()('release-template.lock-schedule', (db, p) =>
  db
    .selectFrom('schedule')
    .select(eb => eb('date', '<', today).$castTo<boolean>().as('over'))
    .where('id', '=', p.schedule)
    .forUpdate(),
)

type Written = ReleaseTemplateFields & { readonly schedule: number; readonly author: string }
const put = prepare<Written>()('release-template.put', (db, p) =>
  db
    .insertInto('release_template')
    .values({
      schedule_id: p.schedule,
      name: p.name,
      description: p.description,
      studies: p.studies,
      tags: p.tags,
      is_major: p.is_major,
      author: p.author,
    })
    .onConflict(known =>
      known
        .column('schedule_id')
        .doUpdateSet(eb => ({
          name: eb.ref('excluded.name'),
          description: eb.ref('excluded.description'),
          studies: eb.ref('excluded.studies'),
          tags: eb.ref('excluded.tags'),
          is_major: eb.ref('excluded.is_major'),
          author: eb.ref('excluded.author'),
          attempts: 0,
          error: null,
          due_at: sql`now()`,
        }))
        .where('release_template.release', 'is', null),
    ),
)
const remove = prepare<{ schedule: number }>()('release-template.remove', (db, p) =>
  db.deleteFrom('release_template').where('schedule_id', '=', p.schedule).returning('schedule_id'),
)

export async function readTemplate(query: Queryable['query'], schedule: number): Promise<ReleaseTemplate | undefined> {
  const [row] = await query(read, { schedule })
  return row
}

/** A schedule that nobody else changes until the transaction ends; undefined if there is none. */
export async function lockScheduleDay(
  tx: Queryable,
  schedule: number,
): Promise<{ readonly over: boolean } | undefined> {
  const [row] = await tx.query(lockSchedule, { schedule })
  return row
}

export async function putTemplate(tx: Queryable, schedule: number, fields: ReleaseTemplateFields, author: string) {
  await tx.query(put, { ...fields, schedule, author })
}

/** False: there was none. */
export async function removeTemplate(tx: Queryable, schedule: number): Promise<boolean> {
  return (await tx.query(remove, { schedule })).length > 0
}

export type DueTemplate = ReleaseTemplateFields & {
  readonly schedule: number
  readonly startId: string
  readonly author: string
  /** When it was due: another one once it was written anew, or tried. */
  readonly dueAt: string
}
type Started = Pick<DueTemplate, 'schedule' | 'startId'>

const dueOnes = (db: Kysely<Database>) =>
  db
    .selectFrom('release_template as t')
    .innerJoin('schedule as s', 's.id', 't.schedule_id')
    .select(['t.schedule_id as schedule', 't.start_id as startId', 't.name', 't.description', 't.studies', 't.tags'])
    .select(eb => ['t.is_major', 't.author', eb.cast<string>('t.due_at', 'text').as('dueAt')])
    .where('t.release', 'is', null)
    .where('t.due_at', '<=', sql<string>`clock_timestamp()`)
    .where('s.date', '<=', today)

const due = prepare<{ limit: number }>()('release-template.due', (db, p) =>
  dueOnes(db).orderBy('t.due_at').orderBy('t.schedule_id').limit(p.limit),
)
const stillDue = prepare<Started>()('release-template.still-due', (db, p) =>
  dueOnes(db).where('t.schedule_id', '=', p.schedule).where('t.start_id', '=', p.startId),
)

/** Templates whose day has come, by the clock of the database, and which do not wait for another attempt. */
export const dueTemplates = (store: Store, limit: number) => store.query(due, { limit })

/** One of them, as it is now; undefined if it is not to be started any more. */
export async function dueTemplate(store: Store, { schedule, startId }: DueTemplate): Promise<DueTemplate | undefined> {
  const [row] = await store.query(stillDue, { schedule, startId })
  return row
}

const started = prepare<Started & { release: string }>()('release-template.started', (db, p) =>
  db
    .with('made', q =>
      q
        .updateTable('release_template')
        .set({ release: p.release, error: null })
        .where('schedule_id', '=', p.schedule)
        .where('start_id', '=', p.startId)
        .where('release', 'is', null)
        .returning('schedule_id'),
    )
    .with('row', q =>
      q
        .updateTable('schedule as s')
        .from('made')
        .set(eb => ({ seq: eb('s.seq', '+', 1) }))
        .whereRef('s.id', '=', 'made.schedule_id')
        .returning(['s.id', 's.seq']),
    )
    .with('told', q =>
      emit(
        q,
        releaseTemplateEvents.started,
        q
          .selectFrom('row')
          .select(eb => [
            eb.cast<string>('id', 'text').as('aggregate'),
            'seq as sequence',
            sql.lit('system').as('actor'),
            sql.lit(null).as('traceparent'),
            jsonBuildObject({ id: eb.ref('id'), release: sql<string>`${p.release}::text` }).as('data'),
          ]),
      ),
    )
    .selectFrom('row')
    .select('id'),
)
const failed = prepare<Started & { error: string; dueAt: string }>()('release-template.failed', (db, p) =>
  db
    .updateTable('release_template')
    .set(eb => ({
      attempts: eb('attempts', '+', 1),
      error: sql<string>`left(${p.error}, 1000)`,
      due_at: sql<string>`clock_timestamp() + least(3600, 5 * 2 ^ least(attempts, 10)) * interval '1 second'`,
    }))
    .where('schedule_id', '=', p.schedule)
    .where('start_id', '=', p.startId)
    .where('release', 'is', null)
    .where('due_at', '=', sql<string>`${p.dueAt}::timestamptz`),
)

export async function noteStarted(store: Store, { schedule, startId }: DueTemplate, release: string): Promise<void> {
  await store.write(started, { schedule, startId, release })
}

/** Sets the next attempt: after 5 seconds, doubling, an hour at most. Nothing if it was written anew meanwhile, or tried. */
export async function noteFailed(store: Store, { schedule, startId, dueAt }: DueTemplate, error: string) {
  await store.write(failed, { schedule, startId, error, dueAt })
}
