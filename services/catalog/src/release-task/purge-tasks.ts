import { type AnyStore, every, type Statement, type Store, type TimersOptions, type Worker } from '@slipway/store'

const everyMs = 3_600_000
/** Rows of one statement. */
const atOnce = 1_000

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

/** Forgets tasks that came to nothing, so many days later. Those that have versions stay as long as these are known. */
export async function purgeTasks(store: AnyStore, days: number, limit = atOnce): Promise<void> {
  while ((await store.write(purge, [days, limit])).length === limit);
}

export function startTaskPurge(store: Store, days: number, log: TimersOptions['log']): Worker {
  return every({ store, name: 'release-task-purge', everyMs, log, run: () => purgeTasks(store, days) })
}
