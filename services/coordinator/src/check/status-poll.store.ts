import type { TaskState } from '@slipway/contracts'
import type { Queryable, Statement, Store } from '@slipway/store'
import type { Database } from '../database.ts'

export type TaskToPoll = {
  readonly kf_id: string
  readonly release: string
  readonly state: TaskState
  readonly url: string | null
  readonly studies: readonly string[]
}

const take: Statement = {
  name: 'poll-take',
  text: `
    with due as (
      select kf_id from task
      where state in ('running', 'publishing') and poll_at <= clock_timestamp()
      order by poll_at limit $1
      for update skip locked
    ), taken as (
      update task t set poll_at = clock_timestamp() + make_interval(secs => $2)
      from due where t.kf_id = due.kf_id
      returning t.kf_id, t.release, t.state, t.task_service
    )
    select taken.kf_id, taken.release, taken.state, case when s.deleted then null else s.url end as url,
      array(select study from release_study where release = taken.release order by ordinal) as studies
    from taken left join task_service s on s.kf_id = taken.task_service`,
}

/** Takes tasks whose poll is due and sets the next one, so that no other replica polls them meanwhile. */
export async function takeTasksToPoll(store: Store<Database>, limit: number, everySeconds: number) {
  return store.write<TaskToPoll>(take, [limit, everySeconds])
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
    update task set poll_failures = poll_failures + 1, poll_at = clock_timestamp() + make_interval(secs => $2)
    where kf_id = $1 and state in ('running', 'publishing')
    returning poll_failures`,
}

/** Counts a poll that failed and sets the next try; answers how many have failed in a row. */
export async function noteFailure(store: Store<Database>, task: string, retrySeconds: number): Promise<number> {
  const [row] = await store.write<{ poll_failures: number }>(failedStatement, [task, retrySeconds])
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
