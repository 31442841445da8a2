import type { Queryable, Store } from '@slipway/store'
import { sql } from 'kysely'
import type { Database } from '../database.ts'
import { clock, fromNow } from '../rendered.ts'
import { prepare } from '../sql.ts'
import type { JobEnd, RunningJob } from './job.ts'
import { announce } from './job-event.ts'

const keep = prepare<Leased & { leaseSeconds: number }>()('job.keep', (db, p) =>
  db
    .updateTable('job')
    .set({ leased_until: fromNow(p.leaseSeconds) })
    .where('id', '=', p.id)
    .where('lease', '=', p.lease)
    .returning('id'),
)

export type Leased = Pick<RunningJob, 'id' | 'lease'>

const hold = prepare<Leased>()('job.hold', (db, p) =>
  db.selectFrom('job').select('id').where('id', '=', p.id).where('lease', '=', p.lease).forKeyShare(),
)

/** Keeps a job from being taken over until the end of the transaction; false when it is another's by now, or has ended. */
export async function holdJob(tx: Queryable, { id, lease }: Leased): Promise<boolean> {
  return (await tx.query(hold, { id, lease })).length > 0
}

/** Renews the lease; false when another replica runs the job by now. */
export async function keepJob(store: Store<Database>, { id, lease }: Leased, leaseSeconds: number): Promise<boolean> {
  return (await store.write(keep, { id, lease, leaseSeconds })).length > 0
}

type Ended = {
  readonly id: string
  readonly lease: string | null
  readonly result: string | null
  readonly errors: string | null
  readonly actor: string
  readonly traceparent: string | undefined
}

/** Ends a job that is run, or (without a lease) one that nobody runs yet. */
function prepareEnd(status: JobEnd['status'], verb: 'done' | 'failed' | 'killed') {
  return prepare<Ended>()(`job.end-${verb}`, (db, p) =>
    db
      .with('mine', q =>
        q
          .deleteFrom('job')
          .where('id', '=', p.id)
          .where(sql<boolean>`(lease = ${p.lease}::uuid or (${p.lease}::uuid is null and lease is null))`)
          .returning('id'),
      )
      .with('ended', q =>
        q
          .updateTable('platform_task as t')
          .from('mine')
          .set(eb => ({
            status,
            ended_at: sql<string>`greatest(clock_timestamp(), t.started_at)`,
            expires_at: sql<string>`clock_timestamp() + interval '90 days'`,
            result: p.result,
            errors: p.errors,
            updated_at: clock,
            revision: eb('t.revision', '+', 1),
            told: eb('t.told', '+', 1),
          }))
          .whereRef('t.id', '=', 'mine.id')
          .where('t.ended_at', 'is', null)
          .returningAll('t'),
      )
      .with('announced', q => announce(q, verb, q.selectFrom('ended').selectAll(), p.actor, p.traceparent))
      .selectFrom('ended')
      .select('id'),
  )
}

const end = {
  DONE: prepareEnd('DONE', 'done'),
  FAILED: prepareEnd('FAILED', 'failed'),
  KILLED: prepareEnd('KILLED', 'killed'),
}

export type EndOptions = { readonly actor?: string; readonly traceparent?: string | undefined }

/** False when the job is another's by now, or has ended. */
export async function endJob(
  tx: Queryable,
  { id, lease }: { readonly id: string; readonly lease: string | null },
  ending: JobEnd,
  { actor = 'system', traceparent }: EndOptions = {},
): Promise<boolean> {
  const result = ending.status === 'DONE' ? JSON.stringify(ending.result) : null
  const errors = ending.status === 'DONE' ? null : JSON.stringify(ending.errors)
  return (await tx.query(end[ending.status], { id, lease, result, errors, actor, traceparent })).length > 0
}

const again = prepare<Leased & { afterMs: number; counts: boolean }>()('job.again', (db, p) =>
  db
    .updateTable('job')
    .set({
      lease: null,
      leased_until: null,
      deaths: 0,
      due_at: fromNow(sql<number>`${p.afterMs}::float8 / 1000`),
      attempt: sql<number>`attempt - case when ${p.counts} then 0 else 1 end`,
    })
    .where('id', '=', p.id)
    .where('lease', '=', p.lease),
)

/** Gives a job back, to be taken after a pause; `counts` false: this run of it was no attempt. */
export async function giveBack(store: Store<Database>, { id, lease }: Leased, afterMs: number, counts: boolean) {
  await store.write(again, { id, lease, afterMs, counts })
}

const requestStop = prepare<{ id: string }>()('job.request-stop', (db, p) =>
  db.updateTable('job').set({ stop_requested: true }).where('id', '=', p.id).returning('lease'),
)

/** Marks a job as to be stopped; undefined if there is none any more, else who runs it (null: nobody). */
export async function requestJobStop(tx: Queryable, id: string): Promise<{ lease: string | null } | undefined> {
  const [row] = await tx.query(requestStop, { id })
  return row
}
