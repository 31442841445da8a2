import type { Queryable, Statement, Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { type Exchange, leaseSeconds } from '../exchange/exchange.store.ts'

/** A task that is being canceled is asked nothing more: its cancel is the last that it hears. */
const mayBePolled = `r.state not in ('canceling', 'canceled', 'failed')`

export type TaskToPoll = Exchange & {
  /** The task. */
  readonly subject: string
  readonly release: string
}

const take: Statement = {
  name: 'poll-take',
  text: `
    with due as (
      select t.kf_id from task t join release r on r.kf_id = t.release
      where t.state in ('running', 'publishing') and t.poll_at <= clock_timestamp() and ${mayBePolled}
        and not exists (
          select from exchange e where e.subject = t.kf_id and e.leased_until >= clock_timestamp()
        )
      order by t.poll_at limit $1
    ), begun as (
      insert into exchange (subject, lease, leased_until)
      select kf_id, gen_random_uuid(), clock_timestamp() + make_interval(secs => $3) from due order by kf_id
      on conflict (subject) do update set lease = excluded.lease, leased_until = excluded.leased_until
        where exchange.leased_until < clock_timestamp()
      returning subject, lease
    )
    update task t set poll_at = clock_timestamp() + make_interval(secs => $2)
    from begun where t.kf_id = begun.subject
    returning begun.subject, begun.lease, t.release`,
}

/** Takes tasks whose poll is due and with which nothing is under way, and sets the next poll. */
export async function takeTasksToPoll(store: Store<Database>, limit: number, everySeconds: number) {
  return store.write<TaskToPoll>(take, [limit, everySeconds, leaseSeconds])
}

export type PollAim = {
  readonly url: string | null
  readonly studies: readonly string[]
  /** When the task was last heard of. */
  readonly heard: string
}

const aim: Statement = {
  name: 'poll-aim',
  text: `
    select case when s.deleted then null else s.url end as url,
      array(select study from release_study where release = r.kf_id order by ordinal) as studies,
      t.heard_at::text as heard
    from exchange e join task t on t.kf_id = e.subject join release r on r.kf_id = t.release
      left join task_service s on s.kf_id = t.task_service
    where e.subject = $1 and e.lease = $2 and t.state in ('running', 'publishing') and ${mayBePolled}`,
}

/** Looks at a task right before it is polled; undefined if there is nothing to ask any more. */
export async function aimPoll(store: Store<Database>, { subject, lease }: TaskToPoll): Promise<PollAim | undefined> {
  const [found] = await store.write<PollAim>(aim, [subject, lease])
  return found
}

const heardStatement: Statement = {
  name: 'poll-heard',
  text: `update task set heard_at = clock_timestamp(), poll_failures = 0 where kf_id = $1`,
}

/** Notes that the task service answered. */
export async function noteAnswer(tx: Queryable, task: string): Promise<void> {
  await tx.query(heardStatement, [task])
}

const failedStatement: Statement = {
  name: 'poll-failed',
  text: `
    with ended as (delete from exchange where subject = $1 and lease = $3 returning subject)
    update task set poll_failures = poll_failures + 1, poll_at = clock_timestamp() + make_interval(secs => $2)
    from ended where kf_id = ended.subject and state in ('running', 'publishing')
    returning poll_failures`,
}

/**
 * Ends a poll that failed and sets the next try; answers how many have failed in a row, 0 if it is another process's by
 * now.
 */
export async function noteFailure(
  tx: Queryable,
  { subject, lease }: TaskToPoll,
  retrySeconds: number,
): Promise<number> {
  const [row] = await tx.query<{ poll_failures: number }>(failedStatement, [subject, retrySeconds, lease])
  return row?.poll_failures ?? 0
}

const dueNow: Statement = {
  name: 'poll-all-now',
  text: `
    update task set poll_at = clock_timestamp() where state in ('running', 'publishing') returning kf_id`,
}

/** Makes the poll of every task under way due now; answers how many there are. */
export async function pollAllNow(store: Store<Database>): Promise<number> {
  return (await store.write(dueNow)).length
}
