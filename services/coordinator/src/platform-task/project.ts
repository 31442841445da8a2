import type { EventEnvelope, TaskStatus } from '@slipway/contracts'
import type { EventConsumer } from '@slipway/service'
import type { Queryable } from '@slipway/store'
import { sql } from 'kysely'
import type { Database } from '../database.ts'
import { recordset } from '../recordset.ts'
import { clock } from '../rendered.ts'
import { prepare } from '../sql.ts'
import { type JobEvent, jobKinds } from './job-kinds.ts'
import { foldChanges, type TaskChange, taskChangeOf } from './task-change.ts'

/**
 * A task that has ended stays as it is, and no task goes back. Times are those of the events; where one says that a task
 * is done of which nothing was heard before, it started when it ended.
 */
const project = prepare<{ changes: string }>()('platform-task.project', (db, p) => {
  const goesOn = sql<boolean>`task_rank(coalesce(c.status, t.status)) > task_rank(t.status)`
  return db
    .with('change', q =>
      q
        .selectFrom(
          recordset<TaskChange>(p.changes, {
            id: 'text',
            begins: 'boolean',
            kind: 'text',
            name: 'text',
            application: 'text',
            created_by: 'text',
            owner: 'text',
            subject: 'text',
            status: 'text',
            started: 'boolean',
            ended: 'boolean',
            done: 'integer',
            total: 'integer',
            metadata: 'jsonb',
            result: 'jsonb',
            errors: 'jsonb',
            at: 'timestamptz',
          }),
        )
        .selectAll()
        .select(eb => eb.fn.coalesce('x.at', clock).as('moment')),
    )
    .with('changed', q =>
      q
        .updateTable('platform_task as t')
        .from('change as c')
        .set(eb => ({
          status: sql<TaskStatus>`case when ${goesOn} then c.status else t.status end`,
          started_at: sql<string>`coalesce(t.started_at, case when c.started then least(c.moment, t.ended_at) end)`,
          ended_at: sql<string>`case when c.ended then greatest(c.moment, t.started_at) end`,
          expires_at: sql<string>`case when c.ended then c.moment + interval '90 days' end`,
          done: sql<number>`greatest(c.done, t.done)`,
          total: eb.fn.coalesce('c.total', 't.total'),
          metadata: eb.fn.coalesce('t.metadata', 'c.metadata'),
          result: eb.ref('c.result'),
          errors: eb.ref('c.errors'),
          updated_at: clock,
          revision: eb('t.revision', '+', 1),
        }))
        .whereRef('t.id', '=', 'c.id')
        .where('t.ended_at', 'is', null)
        .where(eb => eb.or([goesOn, sql<boolean>`(c.done, c.total) is distinct from (t.done, t.total)`]))
        .returning('t.id'),
    )
    .insertInto('platform_task')
    .columns([
      'id',
      'kind',
      'name',
      'application',
      'status',
      'created_by',
      'owner',
      'subject',
      'started_at',
      'ended_at',
      'expires_at',
      'done',
      'total',
      'metadata',
      'result',
      'errors',
      'created_at',
    ])
    .expression(eb =>
      eb
        .selectFrom('change as c')
        .select([
          'c.id',
          'c.kind',
          'c.name',
          'c.application',
          sql<TaskStatus>`c.status`.as('status'),
          'c.created_by',
          'c.owner',
          'c.subject',
          sql<string>`case when c.started then c.moment end`.as('started_at'),
          sql<string>`case when c.ended then c.moment end`.as('ended_at'),
          sql<string>`case when c.ended then c.moment + interval '90 days' end`.as('expires_at'),
          'c.done',
          'c.total',
          'c.metadata',
          'c.result',
          'c.errors',
          'c.moment',
        ])
        .where('c.begins', '=', true)
        .where('c.status', 'is not', null),
    )
    .onConflict(conflict => conflict.column('id').doNothing())
})

/** Takes changes of jobs over into the registry, in the transaction of the change or of the receipt of its event. */
export async function projectChanges(tx: Queryable, changes: readonly TaskChange[]): Promise<void> {
  if (changes.length > 0) await tx.query(project, { changes: JSON.stringify(foldChanges(changes)) })
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
