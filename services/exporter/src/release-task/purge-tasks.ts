import type { AnyStore, Statement } from '@slipway/store'

/** Nothing is due, and nothing is left, of what these tasks made; a start that comes after all begins anew. */
const purge: Statement = {
  name: 'release-task.purge',
  text: `
    delete from release_task where task in (
      select task from release_task t
      where state in ('initialized', 'canceled', 'failed') and moved_at < clock_timestamp() - $1 * interval '1 day'
        and due_at is null and not exists (select from release_version v where v.task = t.task)
      limit $2 for update skip locked
    ) returning task`,
}

/** Rows of one statement. */
const atOnce = 1_000

/** Forgets tasks that came to nothing, so many days later. What was published stays: its files are served. */
export async function purgeTasks(store: AnyStore, days: number, limit = atOnce): Promise<void> {
  while ((await store.write(purge, [days, limit])).length === limit);
}
