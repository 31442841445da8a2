import type { TaskState } from '@slipway/participant'
import { every, type Queryable, type Store, type TimersOptions, type Worker } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'

export type ReleaseTask = {
  readonly task: string
  readonly release: string
  readonly state: TaskState
  /** Why it failed, or why it could not be carried on when this was tried last. */
  readonly error: string | null
}

const columns = ['task', 'release', 'state', 'error'] as const

const add = prepare<{ task: string; release: string }>()('release-task.add', (db, p) =>
  db
    .insertInto('release_task')
    .values({ task: p.task, release: p.release, state: 'initialized' })
    .onConflict(known => known.column('task').doNothing())
    .returning('task'),
)
const lock = prepare<{ task: string }>()('release-task.lock', (db, p) =>
  db.selectFrom('release_task').select(columns).where('task', '=', p.task).forUpdate(),
)
const find = prepare<{ task: string }>()('release-task.find', (db, p) =>
  db.selectFrom('release_task').select(columns).where('task', '=', p.task),
)
const move = prepare<{ task: string; state: TaskState; error: string | undefined }>()('release-task.move', (db, p) =>
  db
    .updateTable('release_task')
    .set({ state: p.state, error: p.error, moved_at: sql`now()` })
    .where('task', '=', p.task),
)
const fault = prepare<{ task: string; error: string | null }>()('release-task.fault', (db, p) =>
  db
    .updateTable('release_task')
    .set({ error: p.error })
    .where('task', '=', p.task)
    .where('state', '=', 'running')
    .where('error', 'is distinct from', p.error),
)
const lockAll = prepare<{ release: string }>()('release-task.lock-of-release', (db, p) =>
  db.selectFrom('release_task').select(columns).where('release', '=', p.release).orderBy('task').forUpdate(),
)
const idsOf = prepare<{ release: string }>()('release-task.of-release', (db, p) =>
  db.selectFrom('release_task').select('task').where('release', '=', p.release),
)

/** Makes a row for a task that is not known yet; false: it was. */
export async function addReleaseTask(tx: Queryable, task: string, release: string): Promise<boolean> {
  return (await tx.query(add, { task, release })).length > 0
}

export const lockReleaseTask = async (tx: Queryable, task: string) => (await tx.query(lock, { task }))[0]

export const findReleaseTask = async (read: Queryable['query'], task: string) => (await read(find, { task }))[0]

export async function moveReleaseTask(tx: Queryable, { task }: ReleaseTask, state: TaskState, error?: string) {
  await tx.query(move, { task, state, error })
}

/** Says why a running task cannot be carried on; null: it can. */
export async function noteFault(store: Store, { task }: ReleaseTask, error: string | null): Promise<void> {
  await store.write(fault, { task, error })
}

/** The catalog's tasks in a release: one, unless it was registered more than once. */
export const lockTasksOfRelease = (tx: Queryable, release: string) => tx.query(lockAll, { release })

export async function taskIdsOfRelease(read: Queryable['query'], release: string): Promise<string[]> {
  return (await read(idsOf, { release })).map(({ task }) => task)
}

/** Those that came to nothing; a start that comes after all begins anew. */
const purge = prepare<{ days: number; limit: number }>()('release-task.purge', (db, p) =>
  db
    .deleteFrom('release_task')
    .where('task', 'in', q =>
      q
        .selectFrom('release_task as t')
        .select('t.task')
        .where('state', 'in', ['initialized', 'canceled', 'failed'])
        .where('moved_at', '<', sql<string>`now() - ${p.days} * interval '1 day'`)
        .where(eb =>
          eb.not(eb.exists(eb.selectFrom('release_task_version as v').select([]).whereRef('v.task', '=', 't.task'))),
        )
        .limit(p.limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning('task'),
)

const purgeEveryMs = 3_600_000
/** Rows of one statement that forgets. */
const atOnce = 1_000

/** Forgets tasks that came to nothing, so many days later. Those that have versions stay as long as these are known. */
export async function purgeTasks(store: Store, days: number, limit = atOnce): Promise<void> {
  while ((await store.write(purge, { days, limit })).length === limit);
}

export function startTaskPurge(store: Store, days: number, log: TimersOptions['log']): Worker {
  const run = () => purgeTasks(store, days)
  return every({ store, name: 'release-task-purge', everyMs: purgeEveryMs, log, run })
}

export type MadeVersion = {
  readonly releasePackageId: number
  readonly releaseVersionId: number
  readonly name: string
  readonly baseUrl: string
  readonly announced: boolean
  /** Number of the release when it was announced last. */
  readonly publishedAs: string | null
}

const versionColumns = [
  'release_package_id as releasePackageId',
  'release_version_id as releaseVersionId',
  'name',
  'base_url as baseUrl',
  'announced',
  'published_as as publishedAs',
] as const

const versionsOfTask = prepare<{ task: string }>()('release-task.versions', (db, p) =>
  db.selectFrom('release_task_version').select(versionColumns).where('task', '=', p.task).orderBy('release_package_id'),
)
const versionsOfRelease = prepare<{ release: string }>()('release-task.versions-of-release', (db, p) =>
  db
    .selectFrom('release_task_version')
    .select(versionColumns)
    .where('release', '=', p.release)
    .orderBy('release_package_id'),
)
const packagesWithVersion = prepare<{ release: string }>()('release-task.packages', (db, p) =>
  db.selectFrom('release_task_version').select('release_package_id as id').where('release', '=', p.release),
)
type NewVersion = Omit<MadeVersion, 'announced' | 'publishedAs'> & { readonly task: string; readonly release: string }
const addVersion = prepare<NewVersion>()('release-task.add-version', (db, p) =>
  db.insertInto('release_task_version').values({
    release: p.release,
    release_package_id: p.releasePackageId,
    task: p.task,
    release_version_id: p.releaseVersionId,
    name: p.name,
    base_url: p.baseUrl,
  }),
)
const forgetVersions = prepare<{ task: string }>()('release-task.forget-versions', (db, p) =>
  db.deleteFrom('release_task_version').where('task', '=', p.task),
)
const announce = prepare<{ release: string; version: string }>()('release-task.announce', (db, p) =>
  db
    .updateTable('release_task_version')
    .set({ announced: true, published_as: p.version })
    .where('release', '=', p.release),
)

/** In the order in which packages are locked. */
export const versionsMadeBy = (tx: Queryable, { task }: ReleaseTask) => tx.query(versionsOfTask, { task })

export const versionsMadeFor = (tx: Queryable, release: string) => tx.query(versionsOfRelease, { release })

/** Packages that have their version for this release already. */
export async function packagesWithVersionFor(tx: Queryable, release: string): Promise<ReadonlySet<number>> {
  return new Set((await tx.query(packagesWithVersion, { release })).map(({ id }) => id))
}

export async function noteVersion(
  tx: Queryable,
  { task, release }: ReleaseTask,
  version: Omit<MadeVersion, 'announced' | 'publishedAs'>,
): Promise<void> {
  await tx.query(addVersion, { ...version, task, release })
}

export async function forgetVersionsOf(tx: Queryable, { task }: ReleaseTask): Promise<void> {
  await tx.query(forgetVersions, { task })
}

export async function noteAnnounced(tx: Queryable, release: string, version: string): Promise<void> {
  await tx.query(announce, { release, version })
}
