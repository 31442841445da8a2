import type { EventEnvelope } from '@slipway/contracts'
import type { EventConsumer } from '@slipway/service'
import type { Queryable, Statement } from '@slipway/store'
import type { Database } from '../database.ts'
import { type JobEvent, jobKinds } from './job-kinds.ts'
import { foldChanges, type TaskChange, taskChangeOf } from './task-change.ts'

const fields = `id text, begins boolean, kind text, name text, application text, created_by text, owner text, subject text,
  status text, started boolean, ended boolean, done integer, total integer, metadata jsonb, result jsonb, errors jsonb,
  at timestamptz`

/**
 * A task that has ended stays as it is, and no task goes back. Times are those of the events; where one says that a task
 * is done of which nothing was heard before, it started when it ended.
 */
const project: Statement = {
  name: 'platform-task-project',
  text: `
    with change as (
      select *, coalesce(at, clock_timestamp()) as moment from json_to_recordset($1::json) as x(${fields})
    ), changed as (
      update platform_task t set
        status = case when task_rank(coalesce(c.status, t.status)) > task_rank(t.status) then c.status else t.status end,
        started_at = coalesce(t.started_at, case when c.started then least(c.moment, t.ended_at) end),
        ended_at = case when c.ended then greatest(c.moment, t.started_at) end,
        expires_at = case when c.ended then c.moment + interval '90 days' end,
        done = greatest(c.done, t.done), total = coalesce(c.total, t.total),
        metadata = coalesce(t.metadata, c.metadata),
        result = c.result, errors = c.errors,
        updated_at = clock_timestamp(), revision = t.revision + 1
      from change c
      where t.id = c.id and t.ended_at is null
        and (task_rank(coalesce(c.status, t.status)) > task_rank(t.status) or (c.done, c.total) is distinct from (t.done, t.total))
      returning t.id
    )
    insert into platform_task (id, kind, name, application, status, created_by, owner, subject, started_at, ended_at,
      expires_at, done, total, metadata, result, errors, created_at)
    select id, kind, name, application, status, created_by, owner, subject, case when started then moment end,
      case when ended then moment end, case when ended then moment + interval '90 days' end, done, total, metadata, result,
      errors, moment
    from change where begins and status is not null
    on conflict (id) do nothing`,
}

/** Takes changes of jobs over into the registry, in the transaction of the change or of the receipt of its event. */
export async function projectChanges(tx: Queryable, changes: readonly TaskChange[]): Promise<void> {
  if (changes.length > 0) await tx.query(project, [JSON.stringify(foldChanges(changes))])
}

/** The same for events as they were written. */
export async function projectEvents(tx: Queryable, events: readonly JobEvent[]): Promise<void> {
  await projectChanges(
    tx,
    events.flatMap(event => taskChangeOf(event) ?? []),
  )
}

/** What an event says as it is on the bus, with its own time. */
function changeOfEnvelope({ type, subject, actor, data, time }: EventEnvelope): TaskChange | undefined {
  const [noun = '', verb = ''] = type.replace(/^slipway\.v1\./, '').split('.')
  return taskChangeOf({ noun, verb, aggregate: subject, actor, data }, time)
}

/** Follows the jobs of other services. Those of the coordinator are in the registry with their own transaction. */
export const platformTaskConsumer: EventConsumer<Database> = {
  durable: 'coordinator-platform-tasks',
  filters: jobKinds.filter(kind => kind.owner !== null).map(({ noun }) => `slipway.v1.event.${noun}.>`),
  async handle(event, tx) {
    const change = changeOfEnvelope(event)
    if (change) await projectChanges(tx, [change])
  },
}
