import type { TaskState } from '@slipway/participant'
import {
  type AnyStore,
  type AnyTx,
  every,
  type Queryable,
  type Statement,
  type Store,
  type TimersOptions,
  type Worker,
} from '@slipway/store'

export type ReleaseTask = {
  readonly task: string
  readonly release: string
  readonly state: TaskState
  /** Why it failed, or why it could not be carried on when this was tried last. */
  readonly error: string | null
}

const columns = 'task, release, state, error'

const add: Statement = {
  name: 'release-task.add',
  text: `insert into release_task (task, release, state) values ($1, $2, 'initialized') on conflict (task) do nothing
    returning task`,
}
const lock: Statement = {
  name: 'release-task.lock',
  text: `select ${columns} from release_task where task = $1 for update`,
}
const find: Statement = { name: 'release-task.find', text: `select ${columns} from release_task where task = $1` }
const move: Statement = {
  name: 'release-task.move',
  text: 'update release_task set state = $2, error = $3, moved_at = now() where task = $1',
}
const fault: Statement = {
  name: 'release-task.fault',
  text: `update release_task set error = $2 where task = $1 and state = 'running' and error is distinct from $2`,
}
const lockAll: Statement = {
  name: 'release-task.lock-of-release',
  text: `select ${columns} from release_task where release = $1 order by task for update`,
}
const idsOf: Statement = { name: 'release-task.of-release', text: 'select task from release_task where release = $1' }

/** Makes a row for a task that is not known yet; false: it was. */
export async function addReleaseTask(tx: AnyTx, task: string, release: string): Promise<boolean> {
  return (await tx.query(add, [task, release])).length > 0
}

export const lockReleaseTask = async (tx: AnyTx, task: string) => (await tx.query<ReleaseTask>(lock, [task]))[0]

export const findReleaseTask = async (read: Queryable['query'], task: string) =>
  (await read<ReleaseTask>(find, [task]))[0]

export async function moveReleaseTask(tx: AnyTx, { task }: ReleaseTask, state: TaskState, error?: string) {
  await tx.query(move, [task, state, error ?? null])
}

/** Says why a running task cannot be carried on; null: it can. */
export async function noteFault(store: AnyStore, { task }: ReleaseTask, error: string | null): Promise<void> {
  await store.write(fault, [task, error])
}

/** The catalog's tasks in a release: one, unless it was registered more than once. */
export const lockTasksOfRelease = (tx: AnyTx, release: string) => tx.query<ReleaseTask>(lockAll, [release])

export async function taskIdsOfRelease(read: Queryable['query'], release: string): Promise<string[]> {
  return (await read<{ task: string }>(idsOf, [release])).map(({ task }) => task)
}

/** Those that came to nothing; a start that comes after all begins anew. */
const purge: Statement = {
  name: 'release-task.purge',
  text: `
    delete from release_task where task in (
      select task from release_task t
      where state in ('initialized', 'canceled', 'failed') and moved_at < now() - $1 * interval '1 day'
        and not exists (select from release_task_version v where v.task = t.task)
      limit $2 for update skip locked
    ) returning task`,
}

const purgeEveryMs = 3_600_000
/** Rows of one statement that forgets. */
const atOnce = 1_000

/** Forgets tasks that came to nothing, so many days later. Those that have versions stay as long as these are known. */
export async function purgeTasks(store: AnyStore, days: number, limit = atOnce): Promise<void> {
  while ((await store.write(purge, [days, limit])).length === limit);
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

const versionColumns = `release_package_id as "releasePackageId", release_version_id as "releaseVersionId", name,
  base_url as "baseUrl", announced, published_as as "publishedAs"`

const versionsOfTask: Statement = {
  name: 'release-task.versions',
  text: `select ${versionColumns} from release_task_version where task = $1 order by release_package_id`,
}
const versionsOfRelease: Statement = {
  name: 'release-task.versions-of-release',
  text: `select ${versionColumns} from release_task_version where release = $1 order by release_package_id`,
}
const packagesWithVersion: Statement = {
  name: 'release-task.packages',
  text: 'select release_package_id as id from release_task_version where release = $1',
}
const addVersion: Statement = {
  name: 'release-task.add-version',
  text: `
    insert into release_task_version (release, release_package_id, task, release_version_id, name, base_url)
    values ($1, $2, $3, $4, $5, $6)`,
}
const forgetVersions: Statement = {
  name: 'release-task.forget-versions',
  text: 'delete from release_task_version where task = $1',
}
const announce: Statement = {
  name: 'release-task.announce',
  text: 'update release_task_version set announced = true, published_as = $2 where release = $1',
}

/** In the order in which packages are locked. */
export const versionsMadeBy = (tx: AnyTx, { task }: ReleaseTask) => tx.query<MadeVersion>(versionsOfTask, [task])

export const versionsMadeFor = (tx: AnyTx, release: string) => tx.query<MadeVersion>(versionsOfRelease, [release])

/** Packages that have their version for this release already. */
export async function packagesWithVersionFor(tx: AnyTx, release: string): Promise<ReadonlySet<number>> {
  return new Set((await tx.query<{ id: number }>(packagesWithVersion, [release])).map(({ id }) => id))
}

export async function noteVersion(
  tx: AnyTx,
  { task, release }: ReleaseTask,
  { releasePackageId, releaseVersionId, name, baseUrl }: Omit<MadeVersion, 'announced' | 'publishedAs'>,
): Promise<void> {
  await tx.query(addVersion, [release, releasePackageId, task, releaseVersionId, name, baseUrl])
}

export async function forgetVersionsOf(tx: AnyTx, { task }: ReleaseTask): Promise<void> {
  await tx.query(forgetVersions, [task])
}

export async function noteAnnounced(tx: AnyTx, release: string, version: string): Promise<void> {
  await tx.query(announce, [release, version])
}
