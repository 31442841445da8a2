import type { Queryable, Store } from '@slipway/store'
import { sql } from 'kysely'
import type { Database } from '../database.ts'
import { beginExchanges, type Exchange } from '../exchange/exchange.store.ts'
import { studiesOf, urlOf } from '../release/release-parts.ts'
import { clock, fromNow } from '../rendered.ts'
import { prepare } from '../sql.ts'

const polled = ['running', 'publishing'] as const
/** A task that is being canceled is asked nothing more: its cancel is the last that it hears. */
const unpolled = ['canceling', 'canceled', 'failed'] as const

export type TaskToPoll = Exchange & {
  /** The task. */
  readonly subject: string
  readonly release: string
}

const take = prepare<{ limit: number; everySeconds: number }>()('poll.take', (db, p) =>
  db
    .with('due', q =>
      q
        .selectFrom('task as t')
        .innerJoin('release as r', 'r.kf_id', 't.release')
        .select('t.kf_id')
        .where('t.state', 'in', polled)
        .where('t.poll_at', '<=', clock)
        .where('r.state', 'not in', unpolled)
        .where(eb => {
          const underWay = eb
            .selectFrom('exchange as e')
            .select('e.subject')
            .whereRef('e.subject', '=', 't.kf_id')
            .where('e.leased_until', '>=', clock)
          return eb.not(eb.exists(underWay))
        })
        .orderBy('t.poll_at')
        .limit(p.limit),
    )
    .with('begun', q => beginExchanges(q, q.selectFrom('due').select('kf_id as subject')))
    .updateTable('task as t')
    .from('begun')
    .set({ poll_at: fromNow(p.everySeconds) })
    .whereRef('t.kf_id', '=', 'begun.subject')
    .returning(['begun.subject', 'begun.lease', 't.release']),
)

/** Takes tasks whose poll is due and with which nothing is under way, and sets the next poll. */
export function takeTasksToPoll(store: Store<Database>, limit: number, everySeconds: number): Promise<TaskToPoll[]> {
  return store.write(take, { limit, everySeconds })
}

export type PollAim = {
  readonly url: string | null
  readonly studies: readonly string[]
  /** When the task was last heard of. */
  readonly heard: string
}

const aim = prepare<Exchange>()('poll.aim', (db, p) =>
  db
    .selectFrom('exchange as e')
    .innerJoin('task as t', 't.kf_id', 'e.subject')
    .innerJoin('release as r', 'r.kf_id', 't.release')
    .leftJoin('task_service as s', 's.kf_id', 't.task_service')
    .select(eb => [urlOf(eb).as('url'), studiesOf(eb).as('studies'), sql<string>`t.heard_at::text`.as('heard')])
    .where('e.subject', '=', p.subject)
    .where('e.lease', '=', p.lease)
    .where('t.state', 'in', polled)
    .where('r.state', 'not in', unpolled),
)

/** Looks at a task right before it is polled; undefined if there is nothing to ask any more. */
export async function aimPoll(store: Store<Database>, { subject, lease }: TaskToPoll): Promise<PollAim | undefined> {
  const [found] = await store.write(aim, { subject, lease })
  return found
}

const heard = prepare<{ task: string }>()('poll.heard', (db, p) =>
  db.updateTable('task').set({ heard_at: clock, poll_failures: 0 }).where('kf_id', '=', p.task),
)

/** Notes that the task service answered. */
export async function noteAnswer(tx: Queryable, task: string): Promise<void> {
  await tx.query(heard, { task })
}

const failed = prepare<Exchange & { seconds: number }>()('poll.failed', (db, p) =>
  db
    .with('ended', q =>
      q.deleteFrom('exchange').where('subject', '=', p.subject).where('lease', '=', p.lease).returning('subject'),
    )
    .updateTable('task')
    .from('ended')
    .set(eb => ({ poll_failures: eb('poll_failures', '+', 1), poll_at: fromNow(p.seconds) }))
    .whereRef('kf_id', '=', 'ended.subject')
    .where('state', 'in', polled)
    .returning('poll_failures'),
)

/**
 * Ends a poll that failed and sets the next try; answers how many have failed in a row, 0 if it is another process's by
 * now.
 */
export async function noteFailure(
  tx: Queryable,
  { subject, lease }: TaskToPoll,
  retrySeconds: number,
): Promise<number> {
  const [row] = await tx.query(failed, { subject, lease, seconds: retrySeconds })
  return row?.poll_failures ?? 0
}

const dueNow = prepare()('poll.all-now', db =>
  db.updateTable('task').set({ poll_at: clock }).where('state', 'in', polled).returning('kf_id'),
)

/** Makes the poll of every task under way due now; answers how many there are. */
export async function pollAllNow(store: Store<Database>): Promise<number> {
  return (await store.write(dueNow)).length
}
