import { exporterFileUrl } from '@slipway/contracts'
import type { TaskCommand, TaskState } from '@slipway/participant'
import type { AnyStore, Queryable, Statement } from '@slipway/store'
import type { Read } from '../source/source.store.ts'

export type ReleaseTask = {
  readonly task: string
  readonly release: string
  readonly studies: readonly string[]
  readonly state: TaskState
  readonly progress: number
  /** Why it failed, or what it waits for. */
  readonly error: string | null
  readonly is_cut: boolean
  readonly told_state: string | null
  readonly told_progress: number
  readonly attempt: number
  /** Of whoever works on it now. */
  readonly lease: string | null
}

const columns = `task, release, studies, state, progress, error, cut_at is not null as is_cut, told_state, told_progress,
  attempt, lease`
const now = 'clock_timestamp()'
/** A command takes the task from whoever works on it: what that one finds out is not settled any more. */
const dueNow = `due_at = ${now}, lease = null, attempt = 0, moved_at = ${now}`

const find: Statement = { name: 'release-task.find', text: `select ${columns} from release_task where task = $1` }
const initialize: Statement = {
  name: 'release-task.initialize',
  text: `insert into release_task (task, release, studies, state) values ($1, $2, $3, 'initialized') on conflict do nothing`,
}
const start: Statement = {
  name: 'release-task.start',
  text: `insert into release_task as t (task, release, studies, state, due_at) values ($1, $2, $3, 'running', ${now})
    on conflict (task) do update set state = 'running', ${dueNow} where t.state = 'initialized'`,
}
/** Of a task that is known; a start that comes from elsewhere brings the studies along. */
const startKnown: Statement = {
  name: 'release-task.start-known',
  text: `update release_task set state = 'running', ${dueNow} where task = $1 and state = 'initialized' returning task`,
}
const publish: Statement = {
  name: 'release-task.publish',
  text: `update release_task set state = 'publishing', ${dueNow} where task = $1 and state = 'staged' returning task`,
}
/** Also of a task that nobody has heard of: what comes late finds it canceled. */
const cancel: Statement = {
  name: 'release-task.cancel',
  text: `insert into release_task as t (task, release, studies, state, told_state)
      values ($1, $2, $3, 'canceled', 'canceled')
    on conflict (task) do update set state = 'canceled', ${dueNow} where t.state <> 'canceled'`,
}
/** The coordinator does not want to be told. */
const withdraw: Statement = {
  name: 'release-task.withdraw',
  text: `update release_task set state = 'canceled', told_state = 'canceled', ${dueNow}
    where release = $1 and state not in ('canceled', 'failed')`,
}
const take: Statement = {
  name: 'release-task.take',
  text: `update release_task t set lease = gen_random_uuid(), due_at = ${now} + $2 * interval '1 second'
    from (
      select task as due from release_task where due_at <= ${now} order by due_at limit $1 for update skip locked
    ) due
    where t.task = due.due
    returning ${columns}`,
}
const keep: Statement = {
  name: 'release-task.keep',
  text: `update release_task set due_at = ${now} + $3 * interval '1 second' where task = $1 and lease = $2`,
}
/** Null: nothing is to be done any more. */
const settle: Statement = {
  name: 'release-task.settle',
  text: `update release_task set due_at = ${now} + $3::float8 * interval '1 millisecond', lease = null, attempt = $4
    where task = $1 and lease = $2`,
}
const nextDue: Statement = {
  name: 'release-task.next-due',
  text: `select (extract(epoch from min(due_at) - ${now}) * 1000)::float8 as ms from release_task
    where due_at is not null`,
}
const move: Statement = {
  name: 'release-task.move',
  text: `update release_task set state = $3, progress = $4, error = $5,
      moved_at = case when state = $3 then moved_at else ${now} end
    where task = $1 and state = $2 and lease = $6 returning task`,
}
const markCut: Statement = {
  name: 'release-task.mark-cut',
  text: `update release_task set cut_at = ${now} where task = $1 and state = 'running' and cut_at is null and lease = $2
    returning task`,
}
const tell: Statement = {
  name: 'release-task.told',
  text: 'update release_task set told_state = coalesce($2, told_state), told_progress = $3 where task = $1 and lease = $4',
}
const files: Statement = {
  name: 'release-task.files',
  text: `select id, study, label, file_name as name, size::float8 as size, sha256 from release_version
    where task = $1 and blob is not null order by study, file_name, id`,
}
/** Nothing is due, and nothing is left, of what these tasks made; a start that comes after all begins anew. */
const purge: Statement = {
  name: 'release-task.purge',
  text: `
    delete from release_task where task in (
      select task from release_task t
      where state in ('initialized', 'canceled', 'failed') and moved_at < ${now} - $1 * interval '1 day'
        and due_at is null and not exists (select from release_version v where v.task = t.task)
      limit $2 for update skip locked
    ) returning task`,
}

/** Rows of one statement that forgets. */
const atOnce = 1_000

/** Forgets tasks that came to nothing, so many days later. What was published stays: its files are served. */
export async function purgeTasks(store: AnyStore, days: number, limit = atOnce): Promise<void> {
  while ((await store.write(purge, [days, limit])).length === limit);
}

export const findTask = async (read: Read, task: string) => (await read<ReleaseTask>(find, [task]))[0]

const statements = { initialize, start, cancel } as const

/** Takes a command down; a repeated or late one changes nothing. */
export async function noteCommand(
  store: AnyStore,
  { action, task_id, release_id, studies }: TaskCommand,
): Promise<void> {
  if (action === 'get_status') return
  if (action === 'publish') await publishTask(store, task_id)
  else await store.write(statements[action], [task_id, release_id, studies])
}

/** False if the task is not one that waits for its start. */
export async function startTask(store: AnyStore, task: string): Promise<boolean> {
  return (await store.write(startKnown, [task])).length > 0
}

/** False if the task is not staged. */
export async function publishTask(store: AnyStore, task: string): Promise<boolean> {
  return (await store.write(publish, [task])).length > 0
}

/** Gives up the tasks of a release, whatever has become of them. */
export const withdrawTasks = (tx: Queryable, release: string) => tx.query(withdraw, [release])

export const takeTasks = (store: AnyStore, limit: number, leaseSeconds: number) =>
  store.write<ReleaseTask>(take, [limit, leaseSeconds])

export const keepTask = (store: AnyStore, { task, lease }: ReleaseTask, leaseSeconds: number) =>
  store.write(keep, [task, lease, leaseSeconds])

/** Says when the task is to be looked at again; null: when something happens to it. Nothing if it was taken away. */
export const settleTask = (store: AnyStore, { task, lease }: ReleaseTask, afterMs: number | null, attempt: number) =>
  store.write(settle, [task, lease, afterMs, attempt])

export async function nextTaskMs(store: AnyStore): Promise<number | null> {
  const [row] = await store.read<{ ms: number | null }>(nextDue)
  return row?.ms ?? null
}

/** A step from one state to another or the same; false when the task is elsewhere by now, or somebody else's. */
export async function moveTask(
  tx: Queryable,
  { task, lease }: Pick<ReleaseTask, 'task' | 'lease'>,
  from: TaskState,
  to: { readonly state: TaskState; readonly progress: number; readonly error?: string | undefined },
): Promise<boolean> {
  return (await tx.query(move, [task, from, to.state, to.progress, to.error ?? null, lease])).length > 0
}

/** False when the task is not running any more, or somebody else was faster. */
export async function noteCut(tx: Queryable, { task, lease }: ReleaseTask): Promise<boolean> {
  return (await tx.query(markCut, [task, lease])).length > 0
}

export async function noteTold(
  store: AnyStore,
  { task, lease }: ReleaseTask,
  news: { readonly state?: TaskState; readonly progress: number },
): Promise<void> {
  await store.write(tell, [task, news.state ?? null, news.progress, lease])
}

type FileRow = { readonly [Field in 'id' | 'study' | 'name' | 'label' | 'sha256']: string } & { readonly size: number }

/** The files of a task that are there, as the answers and reports of task services tell of them. */
export async function filesOf(read: Read, task: string) {
  const rows = await read<FileRow>(files, [task])
  return rows.map(({ id, ...file }) => ({ ...file, media_type: 'application/zip', url: exporterFileUrl(id) }))
}
