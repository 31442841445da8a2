import type { TaskStatus } from '@slipway/contracts'
import { byShape, type Queryable, rowJson, type Store } from '@slipway/store'
import { type ExpressionBuilder, type Kysely, type RawBuilder, sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import type { Database } from '../database.ts'
import { ageSeconds, clock, epochMs, isoTime } from '../rendered.ts'
import { prepare } from '../sql.ts'

type Read = Queryable['query']

type Row = ExpressionBuilder<{ t: Database['platform_task'] }, 't'>

/** The body of a `TaskInfo` of a row `t`, in the order that ODM documents. */
export function taskInfo({ ref }: Row): RawBuilder<string> {
  const info = rowJson([
    ref('t.id').as('id'),
    ref('t.name').as('name'),
    ref('t.status').as('status'),
    ref('t.application').as('application'),
    epochMs(ref('t.started_at')).as('startedAt'),
    epochMs(ref('t.ended_at')).as('endedAt'),
    ref('t.created_by').as('createdBy'),
  ])
  return sql<string>`${info}::text`
}

/** Those whose time is not over, even where the purge has not come to them. */
function keptTasks(db: Kysely<Database>) {
  return db
    .selectFrom('platform_task as t')
    .where(eb => eb.or([eb('t.expires_at', 'is', null), eb('t.expires_at', '>', clock)]))
}

export type TaskInfoRow = {
  readonly body: string
  readonly revision: number
  readonly ended: boolean
  /** Seconds since it was recorded. */
  readonly age: number
  readonly owner: string | null
  readonly kind: string
}

const find = prepare<{ id: string }>()('platform-task.find', (db, p) =>
  keptTasks(db)
    .select(eb => [
      taskInfo(eb).as('body'),
      't.revision',
      sql<boolean>`t.ended_at is not null`.as('ended'),
      't.owner',
      't.kind',
      ageSeconds(eb.ref('t.created_at')).as('age'),
    ])
    .where('t.id', '=', p.id),
)

export async function findTask(read: Read, id: string): Promise<TaskInfoRow | undefined> {
  const [row] = await read(find, { id })
  return row
}

type FilterColumn = 'status' | 'application' | 'created_by'
export type TaskFilter = { readonly [Column in FilterColumn]?: string | undefined }
/** Whose tasks somebody may see in lists: those that this actor started, and all of these kinds; null: every one. */
export type TaskViewer = { readonly actor: string; readonly kinds: readonly string[] } | null
export type TaskPage = { readonly total: number; readonly tasks: readonly string[] }

type PageParameters = TaskFilter & {
  readonly actor: string | undefined
  readonly kinds: readonly string[] | undefined
  readonly limit: number
  readonly offset: number
}
type Shape = { readonly columns: readonly FilterColumn[]; readonly isViewed: boolean }

const list = byShape(
  ({ columns, isViewed }: Shape) => ['platform-task.list', ...columns, ...(isViewed ? ['viewer'] : [])].join('.'),
  (name, { columns, isViewed }) =>
    prepare<PageParameters>()(name, (db, p) => {
      const conditions = columns.map(column => sql<boolean>`${sql.ref(`t.${column}`)} = ${p[column]}`)
      if (isViewed) conditions.push(sql<boolean>`(t.owner = ${p.actor} or t.kind = any(${p.kinds}))`)
      const rows = db
        .selectFrom('platform_task as t')
        .$if(conditions.length > 0, q => q.where(eb => eb.and(conditions)))
      const page = rows
        .select(eb => taskInfo(eb).as('body'))
        .orderBy('t.created_at', 'desc')
        .orderBy('t.position', 'desc')
        .limit(p.limit)
        .offset(p.offset)
      const counted = rows.select(eb => eb.fn.countAll().as('count'))
      const total = conditions.length > 0 ? sql`${counted}` : sql`count_of('platform_task')`
      return db.selectNoFrom([sql<number>`${total}::integer`.as('total'), sql<string[]>`array${page}`.as('tasks')])
    }),
)

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
  const columns = (Object.keys(filter) as FilterColumn[]).filter(column => filter[column] !== undefined)
  const statement = list({ columns, isViewed: viewer !== null })
  const [page] = await read(statement, { ...filter, actor: viewer?.actor, kinds: viewer?.kinds, limit, offset })
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

const output = prepare<{ id: string }>()('platform-task.output', (db, p) =>
  keptTasks(db)
    .leftJoin('job as j', 'j.id', 't.id')
    .leftJoinLateral(
      eb =>
        eb
          .selectFrom('publish_item')
          .select([
            sql<number>`count(*)`.as('total'),
            sql<number>`count(*) filter (where outcome <> 'pending')`.as('done'),
          ])
          .whereRef('task', '=', 't.id')
          .where('t.kind', 'in', ['publish-all', 'publish-study'])
          .as('i'),
      join => join.onTrue(),
    )
    .select(eb => [
      't.status',
      't.kind',
      't.owner',
      't.name',
      sql<number>`coalesce(j.attempt + j.deaths, t.attempt)`.as('attempt'),
      sql<TaskOutputRow['metadata']>`t.metadata`.as('metadata'),
      sql<TaskOutputRow['result']>`t.result`.as('result'),
      sql<TaskOutputRow['errors']>`t.errors`.as('errors'),
      sql<number>`${epochMs(eb.ref('t.created_at'))}::float8`.as('createdAt'),
      isoTime(eb.ref('t.created_at')).as('createdTime'),
      sql<string | null>`${isoTime(eb.ref('t.started_at'))}`.as('startedTime'),
      sql<string | null>`${isoTime(eb.ref('t.ended_at'))}`.as('endedTime'),
      't.revision',
      ageSeconds(eb.ref('t.created_at')).as('age'),
      sql<TaskOutputRow['progress']>`case
        when i.total > 0 then ${jsonBuildObject({ done: eb.ref('i.done'), total: eb.ref('i.total') })}
        when t.total is not null
          then ${jsonBuildObject({ done: sql<number>`least(t.done, t.total)`, total: eb.ref('t.total') })}
      end`.as('progress'),
    ])
    .where('t.id', '=', p.id),
)

export async function findOutput(read: Read, id: string): Promise<TaskOutputRow | undefined> {
  const [row] = await read(output, { id })
  return row
}

const purge = prepare()('platform-task.purge', db =>
  db
    .deleteFrom('platform_task')
    .where('id', 'in', q =>
      q.selectFrom('platform_task').select('id').where('expires_at', '<=', clock).limit(sql.lit(10_000)),
    )
    .returning('id'),
)

/** Removes tasks whose time is over: 90 days after their end. */
export async function purgeTasks(store: Store<Database>): Promise<number> {
  return (await store.write(purge)).length
}
