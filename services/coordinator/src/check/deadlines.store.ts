import type { Queryable, Statement, Store } from '@slipway/store'
import type { Database } from '../database.ts'
import type { JobEvent } from '../platform-task/job-kinds.ts'
import { projectEvents } from '../platform-task/project.ts'

const overdueTasks: Statement = {
  name: 'deadline-tasks',
  text: `
    select distinct t.release from task t join release r on r.kf_id = t.release
    where t.state in ('waiting', 'initialized', 'running', 'publishing')
      and r.state not in ('canceling', 'published', 'canceled', 'failed')
      and (t.moved_at < clock_timestamp() - make_interval(secs => $1)
        or ($2::float8 > 0 and t.heard_at < clock_timestamp() - make_interval(secs => $2)))
    limit 1000`,
}

/**
 * Releases with a task that is over its deadline (nothing happened to it for so long), or that was silent for longer
 * than allowed, where a limit is set for that.
 */
export async function releasesWithOverdueTasks(
  store: Store<Database>,
  deadlineSeconds: number,
  silenceSeconds: number,
): Promise<string[]> {
  const rows = await store.read<{ release: string }>(overdueTasks, [deadlineSeconds, silenceSeconds])
  return rows.map(row => row.release)
}

const overdueReleases: Statement = {
  name: 'deadline-releases',
  text: `
    select kf_id from release r
    where state in ('initializing', 'running', 'publishing')
      and created_at < clock_timestamp() - make_interval(secs => $1)
      and coalesce((select max(created_at) from event e where e.release = r.kf_id), created_at)
        < clock_timestamp() - make_interval(secs => $1)
    limit 1000`,
}

/** Releases under way in which nothing happened for so long. */
export async function overdueReleaseIds(store: Store<Database>, seconds: number): Promise<string[]> {
  const rows = await store.read<{ kf_id: string }>(overdueReleases, [seconds])
  return rows.map(row => row.kf_id)
}

const releasesUnderWay: Statement = {
  name: 'deadline-under-way',
  text: `
    select kf_id from release
    where state in ('initializing', 'running', 'publishing', 'canceling') order by created_at limit 10000`,
}

/** Releases that wait for something to happen. */
export async function releasesInFlight(store: Store<Database>): Promise<string[]> {
  const rows = await store.read<{ kf_id: string }>(releasesUnderWay)
  return rows.map(row => row.kf_id)
}

const orphans: Statement = {
  name: 'deadline-orphans',
  text: `
    with gone as (
      delete from task t using task_service s, release r
      where s.kf_id = t.task_service and s.deleted and r.kf_id = t.release
        and r.state in ('published', 'canceled', 'failed')
        and ($1::text is null or s.kf_id = $1)
      returning t.kf_id, t.release, t.task_service, s.name, t.state, t.progress, t.seq
    )
    insert into platform.outbox (noun, verb, aggregate, sequence, actor, data)
    select 'task', 'deleted', kf_id, seq + 1, 'system', json_build_object('task_id', kf_id, 'release_id', release,
      'task_service_id', task_service, 'service_name', name, 'state', state, 'previous_state', state,
      'progress', progress)
    from gone
    returning noun, verb, aggregate, actor, data`,
}

/** Removes the tasks of deleted task services from releases that have ended; of one service, or of all. */
export async function removeOrphanedTasks(tx: Queryable, service: string | null): Promise<void> {
  await projectEvents(tx, await tx.query<JobEvent>(orphans, [service]))
}
