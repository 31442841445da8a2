import type { TaskState } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import { prepare } from '../sql.ts'
import type { Release } from './release.ts'
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

const lockRelease = prepare<{ id: string }>()('release.lock', (db, p) =>
  db
    .selectFrom('release')
    .select(['state', 'ending', 'name', 'author', 'is_major', 'major', 'minor', 'patch', 'seq'])
    .where('kf_id', '=', p.id)
    .forUpdate(),
)

type TaskPart = {
  readonly id: string
  readonly service: string | null
  readonly state: TaskState
  readonly progress: number
  readonly seq: number
  readonly name: string | null
}

// A statement of its own: what it sees must be newer than the lock.
const readParts = prepare<{ id: string }>()('release.parts', (db, p) =>
  db.selectNoFrom(eb => {
    const studies = eb
      .selectFrom('release_study')
      .select(sql<string[]>`coalesce(json_agg(study order by ordinal), '[]')`.as('studies'))
      .where('release', '=', p.id)
    const tasks = eb
      .selectFrom('task as t')
      .leftJoin('task_service as s', 's.kf_id', 't.task_service')
      .select(task => {
        const part = jsonBuildObject({
          id: task.ref('t.kf_id'),
          service: task.ref('t.task_service'),
          state: task.ref('t.state'),
          progress: task.ref('t.progress'),
          seq: task.ref('t.seq'),
          name: task.ref('s.name'),
        })
        return sql<TaskPart[]>`coalesce(json_agg(${part} order by t.created_at, t.position), '[]')`.as('tasks')
      })
      .where('t.release', '=', p.id)
    return [sql<string[]>`${studies}`.as('studies'), sql<TaskPart[]>`${tasks}`.as('tasks')]
  }),
)

/** Locks a release until the end of the transaction and reads it with its tasks; undefined if there is none. */
export async function lockAndRead(tx: Queryable, id: string): Promise<LockedRelease | undefined> {
  const [row] = await tx.query(lockRelease, { id })
  if (!row) return undefined
  const [parts] = await tx.query(readParts, { id })
  const { studies = [], tasks = [] } = parts ?? {}
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
