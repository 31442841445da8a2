import type { ReleaseState } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import type { Fault } from '../command/fault.ts'
import { recordset } from '../recordset.ts'
import { clock, fromNow } from '../rendered.ts'
import { prepare } from '../sql.ts'
import type { CommandAction, Ending, Release, Task } from './release.ts'
import type { LockedRelease } from './release-aggregate.store.ts'
import type { LogRow, OutboxRow, ReleaseRecords } from './release-records.ts'
import type { Version } from './version.ts'

type NewTask = Task & { readonly seq: number }
type ChangedTask = Pick<NewTask, 'id' | 'state' | 'progress' | 'seq'> & {
  readonly reason: Ending | null
  readonly fault: Fault | null
}
type NewCommand = { readonly action: CommandAction; readonly task: string | null }
type EventColumns = Omit<OutboxRow, 'traceparent'> & { readonly traceparent: string | null }
type Persisted = Version & {
  readonly id: string
  readonly state: ReleaseState
  readonly ending: Ending | null
  readonly seq: number
  readonly pollSeconds: number
  /** JSON arrays. */
  readonly created: string
  readonly changed: string
  readonly log: string
  readonly commands: string
  readonly outbox: string
}

/** Everything that a list of changes leaves behind, in one statement and one round trip. */
const persist = prepare<Persisted>()('release.persist', (db, p) =>
  db
    .with('moved', q =>
      q
        .updateTable('release')
        .set({ state: p.state, ending: p.ending, major: p.major, minor: p.minor, patch: p.patch, seq: p.seq })
        .where('kf_id', '=', p.id)
        .where('seq', '<>', p.seq),
    )
    .with('new_tasks', q =>
      q
        .insertInto('task')
        .columns(['kf_id', 'release', 'task_service', 'state', 'progress', 'seq'])
        .expression(eb =>
          eb
            .selectFrom(
              recordset<NewTask>(p.created, {
                id: 'text',
                service: 'text',
                state: 'text',
                progress: 'integer',
                seq: 'bigint',
              }),
            )
            .select(['x.id', p.id.as('release'), 'x.service', 'x.state', 'x.progress', 'x.seq']),
        ),
    )
    .with('changed_tasks', q =>
      q
        .updateTable('task as t')
        .from(
          recordset<ChangedTask>(p.changed, {
            id: 'text',
            state: 'text',
            progress: 'integer',
            seq: 'bigint',
            reason: 'text',
            fault: 'jsonb',
          }),
        )
        .set(eb => {
          const stays = eb('x.state', '=', eb.ref('t.state'))
          const isPolled = eb('x.state', 'in', ['running', 'publishing'])
          return {
            state: eb.ref('x.state'),
            progress: eb.ref('x.progress'),
            seq: eb.ref('x.seq'),
            cancel_reason: eb.fn.coalesce('x.reason', 't.cancel_reason'),
            fault: eb.fn.coalesce('x.fault', 't.fault'),
            heard_at: clock,
            moved_at: eb.case().when(stays).then(eb.ref('t.moved_at')).else(clock).end(),
            poll_at: eb.case().when(stays).then(eb.ref('t.poll_at')).when(isPolled).then(fromNow(p.pollSeconds)).end(),
            poll_failures: eb.case().when(stays).then(eb.ref('t.poll_failures')).else(0).end(),
          }
        })
        .whereRef('t.kf_id', '=', 'x.id'),
    )
    .with('logged', q =>
      q
        .insertInto('event')
        .columns(['kf_id', 'event_type', 'message', 'release', 'task_service', 'task'])
        .expression(eb =>
          eb
            .selectFrom(
              recordset<LogRow>(p.log, {
                kf_id: 'text',
                event_type: 'text',
                message: 'text',
                task_service: 'text',
                task: 'text',
              }),
            )
            .select(['x.kf_id', 'x.event_type', 'x.message', p.id.as('release'), 'x.task_service', 'x.task']),
        ),
    )
    .with('issued', q =>
      q
        .insertInto('command')
        .columns(['release', 'task', 'action'])
        .expression(eb =>
          eb
            .selectFrom(recordset<NewCommand>(p.commands, { task: 'text', action: 'text' }))
            .select([p.id.as('release'), 'x.task', 'x.action']),
        ),
    )
    .insertInto('platform.outbox')
    .columns(['noun', 'verb', 'aggregate', 'sequence', 'actor', 'traceparent', 'data'])
    .expression(eb =>
      eb
        .selectFrom(
          recordset<EventColumns>(p.outbox, {
            noun: 'text',
            verb: 'text',
            aggregate: 'text',
            sequence: 'bigint',
            actor: 'text',
            traceparent: 'text',
            data: 'json',
          }),
        )
        .select(['x.noun', 'x.verb', 'x.aggregate', 'x.sequence', 'x.actor', 'x.traceparent', 'x.data']),
    ),
)

/** Writes a changed release, its tasks, log entries, events and commands. */
export async function persistRelease(
  tx: Queryable,
  before: LockedRelease,
  after: Release,
  version: Version,
  records: ReleaseRecords,
  pollSeconds: number,
): Promise<void> {
  const created: NewTask[] = []
  const changed: object[] = []
  for (const task of after.tasks.values()) {
    const seq = records.taskSeq.get(task.id) ?? 1
    if (!before.release.tasks.has(task.id)) created.push({ ...task, seq })
    else if (seq !== before.taskSeq.get(task.id)) {
      changed.push({
        id: task.id,
        state: task.state,
        progress: task.progress,
        seq,
        reason: records.cancelReasons.get(task.id),
        fault: records.faults.get(task.id),
      })
    }
  }
  await tx.query(persist, {
    id: after.id,
    state: after.state,
    ending: after.ending,
    ...version,
    seq: records.seq,
    pollSeconds,
    created: JSON.stringify(created),
    changed: JSON.stringify(changed),
    log: JSON.stringify(records.log),
    commands: JSON.stringify(records.commands),
    outbox: JSON.stringify(records.outbox),
  })
}
