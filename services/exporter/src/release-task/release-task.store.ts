import type { TaskCommand, TaskState } from '@slipway/participant'
import type { Parameters, Queryable, Store } from '@slipway/store'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../database.ts'
import type { Read } from '../source/source.store.ts'
import { clockNow, fromNow, msUntil, prepare } from '../sql.ts'

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

const columns = [
  ...(['task', 'release', 'studies', 'state', 'progress', 'error', 'told_state', 'told_progress', 'attempt'] as const),
  'lease',
  sql<boolean>`${sql.ref('cut_at')} is not null`.as('is_cut'),
] as const

type Key = { readonly task: string }
type Held = Key & { readonly lease: string | null }
type New = Key & { readonly release: string; readonly studies: readonly string[] }

/** A command takes the task from whoever works on it: what that one finds out is not settled any more. */
const dueNow = { due_at: clockNow, lease: null, attempt: 0, moved_at: clockNow }
const given = (p: Parameters<New>) => ({ task: p.task, release: p.release, studies: p.studies })

const find = prepare<Key>()('release-task.find', (db, p) =>
  db.selectFrom('release_task').select(columns).where('task', '=', p.task),
)
const initialize = prepare<New>()('release-task.initialize', (db, p) =>
  db
    .insertInto('release_task')
    .values({ ...given(p), state: 'initialized' })
    .onConflict(oc => oc.doNothing()),
)
const start = prepare<New>()('release-task.start', (db, p) =>
  db
    .insertInto('release_task')
    .values({ ...given(p), state: 'running', due_at: clockNow })
    .onConflict(oc =>
      oc
        .column('task')
        .doUpdateSet({ state: 'running', ...dueNow })
        .where('release_task.state', '=', 'initialized'),
    ),
)
/** Of a task that is known; a start that comes from elsewhere brings the studies along. */
const startKnown = prepare<Key>()('release-task.start-known', (db, p) =>
  db
    .updateTable('release_task')
    .set({ state: 'running', ...dueNow })
    .where('task', '=', p.task)
    .where('state', '=', 'initialized')
    .returning('task'),
)
const publish = prepare<Key>()('release-task.publish', (db, p) =>
  db
    .updateTable('release_task')
    .set({ state: 'publishing', ...dueNow })
    .where('task', '=', p.task)
    .where('state', '=', 'staged')
    .returning('task'),
)
/** Also of a task that nobody has heard of: what comes late finds it canceled. */
const cancel = prepare<New>()('release-task.cancel', (db, p) =>
  db
    .insertInto('release_task')
    .values({ ...given(p), state: 'canceled', told_state: 'canceled' })
    .onConflict(oc =>
      oc
        .column('task')
        .doUpdateSet({ state: 'canceled', ...dueNow })
        .where('release_task.state', '<>', 'canceled'),
    ),
)
/** The coordinator does not want to be told. */
const withdraw = prepare<{ release: string }>()('release-task.withdraw', (db, p) =>
  db
    .updateTable('release_task')
    .set({ state: 'canceled', told_state: 'canceled', ...dueNow })
    .where('release', '=', p.release)
    .where('state', 'not in', ['canceled', 'failed']),
)
const take = prepare<{ limit: number; seconds: number }>()('release-task.take', (db, p) =>
  db
    .updateTable('release_task as t')
    .from(
      db
        .selectFrom('release_task')
        .select('task as due')
        .where('due_at', '<=', clockNow)
        .orderBy('due_at')
        .limit(p.limit)
        .forUpdate()
        .skipLocked()
        .as('due'),
    )
    .set({ lease: sql<string>`gen_random_uuid()`, due_at: fromNow(p.seconds, 'second') })
    .whereRef('t.task', '=', 'due.due')
    .returning(columns),
)

/** A task that is worked on by whoever holds this lease. */
const held = (db: Kysely<Database>, p: Parameters<Held>) =>
  db.updateTable('release_task').where('task', '=', p.task).where('lease', '=', p.lease)

const keep = prepare<Held & { seconds: number }>()('release-task.keep', (db, p) =>
  held(db, p).set({ due_at: fromNow(p.seconds, 'second') }),
)
/** Null: nothing is to be done any more. */
const settle = prepare<Held & { ms: number | null; attempt: number }>()('release-task.settle', (db, p) =>
  held(db, p).set({ due_at: fromNow(sql`${p.ms}::float8`, 'millisecond'), lease: null, attempt: p.attempt }),
)
const nextDue = prepare()('release-task.next-due', db =>
  db
    .selectFrom('release_task')
    .select(({ fn }) => msUntil(fn.min('due_at')).as('ms'))
    .where('due_at', 'is not', null),
)
type Move = Held & {
  readonly from: TaskState
  readonly to: TaskState
  readonly progress: number
  readonly error: string | null
}
const move = prepare<Move>()('release-task.move', (db, p) =>
  held(db, p)
    .set(eb => ({
      state: p.to,
      progress: p.progress,
      error: p.error,
      moved_at: eb.case().when('state', '=', p.to).then(eb.ref('moved_at')).else(clockNow).end(),
    }))
    .where('state', '=', p.from)
    .returning('task'),
)
const markCut = prepare<Held>()('release-task.mark-cut', (db, p) =>
  held(db, p).set({ cut_at: clockNow }).where('state', '=', 'running').where('cut_at', 'is', null).returning('task'),
)
const tell = prepare<Held & { state?: TaskState | undefined; progress: number }>()('release-task.told', (db, p) =>
  held(db, p).set(({ fn }) => ({ told_state: fn.coalesce(p.state, 'told_state'), told_progress: p.progress })),
)
/** Nothing is due, and nothing is left, of what these tasks made; a start that comes after all begins anew. */
const purge = prepare<{ days: number; limit: number }>()('release-task.purge', (db, p) =>
  db
    .deleteFrom('release_task')
    .where('task', 'in', eb =>
      eb
        .selectFrom('release_task as t')
        .select('task')
        .where('state', 'in', ['initialized', 'canceled', 'failed'])
        .where('moved_at', '<', sql<string>`clock_timestamp() - ${p.days} * interval '1 day'`)
        .where('due_at', 'is', null)
        .where(inner =>
          inner.not(inner.exists(inner.selectFrom('release_version as v').whereRef('v.task', '=', 't.task'))),
        )
        .limit(p.limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning('task'),
)

/** Rows of one statement that forgets. */
const atOnce = 1_000

/** Forgets tasks that came to nothing, so many days later. What was published stays: its files are served. */
export async function purgeTasks(store: Store, days: number, limit = atOnce): Promise<void> {
  while ((await store.write(purge, { days, limit })).length === limit);
}

export const findTask = async (read: Read, task: string) => (await read(find, { task }))[0]

const statements = { initialize, start, cancel } as const

/** Takes a command down; a repeated or late one changes nothing. */
export async function noteCommand(store: Store, { action, task_id, release_id, studies }: TaskCommand): Promise<void> {
  if (action === 'get_status') return
  if (action === 'publish') await publishTask(store, task_id)
  else await store.write(statements[action], { task: task_id, release: release_id, studies })
}

/** False if the task is not one that waits for its start. */
export async function startTask(store: Store, task: string): Promise<boolean> {
  return (await store.write(startKnown, { task })).length > 0
}

/** False if the task is not staged. */
export async function publishTask(store: Store, task: string): Promise<boolean> {
  return (await store.write(publish, { task })).length > 0
}

/** Gives up the tasks of a release, whatever has become of them. */
export const withdrawTasks = (tx: Queryable, release: string) => tx.query(withdraw, { release })

export const takeTasks = (store: Store, limit: number, leaseSeconds: number) =>
  store.write(take, { limit, seconds: leaseSeconds })

/** False when a command took it away. */
export const keepTask = async (store: Store, { task, lease }: ReleaseTask, leaseSeconds: number) =>
  (await store.write(keep, { task, lease, seconds: leaseSeconds })).length > 0

/** Says when the task is to be looked at again; null: when something happens to it. Nothing if it was taken away. */
export const settleTask = (store: Store, { task, lease }: ReleaseTask, afterMs: number | null, attempt: number) =>
  store.write(settle, { task, lease, ms: afterMs, attempt })

export async function nextTaskMs(store: Store): Promise<number | null> {
  const [row] = await store.read(nextDue)
  return row?.ms ?? null
}

/** A step from one state to another or the same; false when the task is elsewhere by now, or somebody else's. */
export async function moveTask(
  tx: Queryable,
  { task, lease }: Pick<ReleaseTask, 'task' | 'lease'>,
  from: TaskState,
  {
    state,
    progress,
    error,
  }: { readonly state: TaskState; readonly progress: number; readonly error?: string | undefined },
): Promise<boolean> {
  return (await tx.query(move, { task, lease, from, to: state, progress, error: error ?? null })).length > 0
}

/** False when the task is not running any more, or somebody else was faster. */
export async function noteCut(tx: Queryable, { task, lease }: ReleaseTask): Promise<boolean> {
  return (await tx.query(markCut, { task, lease })).length > 0
}

export async function noteTold(
  store: Store,
  { task, lease }: ReleaseTask,
  news: { readonly state?: TaskState; readonly progress: number },
): Promise<void> {
  await store.write(tell, { task, lease, ...news })
}
