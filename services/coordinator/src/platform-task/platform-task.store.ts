import type { TaskStatus } from '@slipway/contracts'
import type { AnyStore, Queryable, Statement } from '@slipway/store'

type Read = Queryable['query']

const ms = (column: string) => `floor(extract(epoch from t.${column}) * 1000)::bigint`

/** The body of a `TaskInfo`, in the order that ODM documents; `t` is the row. */
export const taskInfo = `(select row_to_json(f) from (
    select t.id, t.name, t.status, t.application, ${ms('started_at')} as "startedAt", ${ms('ended_at')} as "endedAt",
      t.created_by as "createdBy"
  ) f)::text`
const kept = '(t.expires_at is null or t.expires_at > clock_timestamp())'

export type TaskInfoRow = {
  readonly body: string
  readonly revision: number
  readonly ended: boolean
  /** Seconds since it was recorded. */
  readonly age: number
  readonly owner: string | null
  readonly kind: string
}

const infoColumns = `${taskInfo} as body, t.revision, t.ended_at is not null as ended, t.owner, t.kind,
  extract(epoch from clock_timestamp() - t.created_at)::float8 as age`

const find: Statement = {
  name: 'platform-task-find',
  text: `select ${infoColumns} from platform_task t where t.id = $1 and ${kept}`,
}

export async function findTask(read: Read, id: string): Promise<TaskInfoRow | undefined> {
  const [row] = await read<TaskInfoRow>(find, [id])
  return row
}

export type TaskFilter = { readonly [column in 'status' | 'application' | 'created_by']?: string | undefined }
/** Whose tasks somebody may see in lists: those that this actor started, and all of these kinds; null: every one. */
export type TaskViewer = { readonly actor: string; readonly kinds: readonly string[] } | null
export type TaskPage = { readonly total: number; readonly tasks: readonly string[] }

/**
 * A page of tasks, newest first, as JSON texts. Each combination of filters is a statement of its own; without any, the
 * counters know how many there are. Tasks whose time is over are here until the next purge.
 */
export async function listTasks(
  read: Read,
  filter: TaskFilter,
  viewer: TaskViewer,
  limit: number,
  offset: number,
): Promise<TaskPage> {
  const given = (Object.entries(filter) as [string, string | undefined][]).filter(([, value]) => value !== undefined)
  const next = given.length + 3
  const conditions = [
    ...given.map(([column], index) => `t.${column} = $${index + 3}`),
    ...(viewer ? [`(t.owner = $${next} or t.kind = any($${next + 1}))`] : []),
  ]
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
  const total = where === '' ? `count_of('platform_task')` : `(select count(*) from platform_task t ${where})`
  const statement: Statement = {
    name: ['platform-task-list', ...given.map(([column]) => column), ...(viewer ? ['viewer'] : [])].join('-'),
    text: `
      select ${total}::integer as total, array(
        select ${taskInfo} from platform_task t ${where}
        order by t.created_at desc, t.position desc limit $1 offset $2
      ) as tasks`,
  }
  const [page] = await read<TaskPage>(statement, [
    limit,
    offset,
    ...given.map(([, value]) => value),
    ...(viewer ? [viewer.actor, viewer.kinds] : []),
  ])
  return page as TaskPage
}

export type TaskOutputRow = {
  readonly status: TaskStatus
  readonly kind: string
  readonly owner: string | null
  readonly name: string
  readonly attempt: number
  readonly progress: { readonly done: number; readonly total: number } | null
  readonly metadata: Record<string, unknown> | null
  readonly result: Record<string, unknown> | null
  readonly errors: { stage: string; stack: { type: string; message: string }[] }[] | null
  readonly createdAt: number
  readonly createdTime: string
  readonly startedTime: string | null
  readonly endedTime: string | null
  readonly revision: number
  readonly age: number
}

const output: Statement = {
  name: 'platform-task-output',
  text: `
    select t.status, t.kind, t.owner, t.name, coalesce(j.attempt + j.deaths, t.attempt) as attempt, t.metadata, t.result, t.errors,
      ${ms('created_at')}::float8 as "createdAt", iso_time(t.created_at) as "createdTime",
      iso_time(t.started_at) as "startedTime", iso_time(t.ended_at) as "endedTime", t.revision,
      extract(epoch from clock_timestamp() - t.created_at)::float8 as age,
      case when i.total > 0 then json_build_object('done', i.done, 'total', i.total)
        when t.total is not null then json_build_object('done', least(t.done, t.total), 'total', t.total) end as progress
    from platform_task t left join job j on j.id = t.id left join lateral (
      select count(*) as total, count(*) filter (where outcome <> 'pending') as done
      from publish_item where task = t.id and t.kind in ('publish-all', 'publish-study')
    ) i on true
    where t.id = $1 and ${kept}`,
}

export async function findOutput(read: Read, id: string): Promise<TaskOutputRow | undefined> {
  const [row] = await read<TaskOutputRow>(output, [id])
  return row
}

const purge: Statement = {
  name: 'platform-task-purge',
  text: `
    delete from platform_task where id in (
      select id from platform_task where expires_at <= clock_timestamp() limit 10000
    ) returning id`,
}

/** Removes tasks whose time is over: 90 days after their end. */
export async function purgeTasks(store: AnyStore): Promise<number> {
  return (await store.write(purge)).length
}
