import type { ReleaseState, TaskState } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'
import type { Ending, Release, Task } from './release.ts'
import type { ReleaseRecords } from './release-records.ts'
import type { Version } from './version.ts'

/** A release as it is locked for a change, with what its records need. */
export type LockedRelease = {
  readonly release: Release
  readonly name: string
  readonly author: string
  readonly isMajor: boolean
  readonly version: Version
  readonly studies: readonly string[]
  readonly seq: number
  readonly taskSeq: ReadonlyMap<string, number>
  readonly serviceNames: ReadonlyMap<string, string>
}

const lockRelease: Statement = {
  name: 'release-lock',
  text: `select state, ending, name, author, is_major, major, minor, patch, seq from release where kf_id = $1 for update`,
}

// A statement of its own: what it sees must be newer than the lock.
const readParts: Statement = {
  name: 'release-parts',
  text: `
    select
      (select coalesce(json_agg(study order by ordinal), '[]') from release_study where release = $1) as studies,
      (select coalesce(json_agg(json_build_object('id', t.kf_id, 'service', t.task_service, 'state', t.state,
          'progress', t.progress, 'seq', t.seq, 'name', s.name) order by t.created_at, t.position), '[]')
        from task t left join task_service s on s.kf_id = t.task_service where t.release = $1) as tasks`,
}

type LockRow = {
  state: ReleaseState
  ending: Ending | null
  name: string
  author: string
  is_major: boolean
  major: number
  minor: number
  patch: number
  seq: number
}

type PartsRow = {
  studies: string[]
  tasks: { id: string; service: string | null; state: TaskState; progress: number; seq: number; name: string | null }[]
}

/** Locks a release until the end of the transaction and reads it with its tasks; undefined if there is none. */
export async function lockAndRead(tx: Queryable, id: string): Promise<LockedRelease | undefined> {
  const [row] = await tx.query<LockRow>(lockRelease, [id])
  if (!row) return undefined
  const [parts] = await tx.query<PartsRow>(readParts, [id])
  const { studies, tasks } = parts as PartsRow
  return {
    release: {
      id,
      state: row.state,
      ending: row.ending,
      tasks: new Map(tasks.map(({ id, service, state, progress }) => [id, { id, service, state, progress }])),
    },
    name: row.name,
    author: row.author,
    isMajor: row.is_major,
    version: { major: row.major, minor: row.minor, patch: row.patch },
    studies,
    seq: row.seq,
    taskSeq: new Map(tasks.map(task => [task.id, task.seq])),
    serviceNames: new Map(tasks.flatMap(task => (task.service && task.name ? [[task.service, task.name]] : []))),
  }
}

/** Everything that a list of changes leaves behind, in one statement and one round trip. */
const persist: Statement = {
  name: 'release-persist',
  text: `
    with moved as (
      update release set state = $2, ending = $3, major = $4, minor = $5, patch = $6, seq = $7
      where kf_id = $1 and seq <> $7
    ), new_tasks as (
      insert into task (kf_id, release, task_service, state, progress, seq)
      select id, $1, service, state, progress, seq
      from json_to_recordset($8::json) as x(id text, service text, state text, progress integer, seq bigint)
    ), changed_tasks as (
      update task t set
        state = x.state, progress = x.progress, seq = x.seq,
        cancel_reason = coalesce(x.reason, t.cancel_reason), fault = coalesce(x.fault, t.fault),
        heard_at = clock_timestamp(),
        moved_at = case when x.state = t.state then t.moved_at else clock_timestamp() end,
        poll_at = case
          when x.state = t.state then t.poll_at
          when x.state in ('running', 'publishing') then clock_timestamp() + make_interval(secs => $9) end,
        poll_failures = case when x.state = t.state then t.poll_failures else 0 end
      from json_to_recordset($10::json) as x(id text, state text, progress integer, seq bigint, reason text, fault jsonb)
      where t.kf_id = x.id
    ), logged as (
      insert into event (kf_id, event_type, message, release, task_service, task)
      select kf_id, event_type, message, $1, task_service, task
      from json_to_recordset($11::json)
        as x(kf_id text, event_type text, message text, task_service text, task text)
    ), issued as (
      insert into command (release, task, action)
      select $1, task, action from json_to_recordset($12::json) as x(task text, action text)
    )
    insert into platform.outbox (noun, verb, aggregate, sequence, actor, traceparent, data)
    select noun, verb, aggregate, sequence, actor, traceparent, data
    from json_to_recordset($13::json)
      as x(noun text, verb text, aggregate text, sequence bigint, actor text, traceparent text, data json)`,
}

/** Writes a changed release, its tasks, log entries, events and commands. */
export async function persistRelease(
  tx: Queryable,
  before: LockedRelease,
  after: Release,
  version: Version,
  records: ReleaseRecords,
  pollSeconds: number,
): Promise<void> {
  const created: (Task & { seq: number })[] = []
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
  await tx.query(persist, [
    after.id,
    after.state,
    after.ending,
    version.major,
    version.minor,
    version.patch,
    records.seq,
    JSON.stringify(created),
    pollSeconds,
    JSON.stringify(changed),
    JSON.stringify(records.log),
    JSON.stringify(records.commands),
    JSON.stringify(records.outbox),
  ])
}
