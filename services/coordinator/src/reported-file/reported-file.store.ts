import type { ReportedFile, TaskState } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { clock } from '../rendered.ts'
import { prepare } from '../sql.ts'

const keep = prepare<{ task: string; files: string; saidIn: TaskState | undefined }>()('task.keep-files', (db, p) =>
  db
    .updateTable('task')
    .set({ files: p.files, heard_at: clock })
    .where('kf_id', '=', p.task)
    .where(sql<boolean>`files is distinct from ${p.files}::jsonb`)
    .where(sql<boolean>`state = coalesce(${p.saidIn}, state)`),
)

/**
 * Keeps what a task service told of its files last, in the transaction that takes over the rest of what it said.
 * `saidIn` is the state that the task had by the same word: where it has another, what was said is out of date.
 */
export async function keepReportedFiles(
  tx: Queryable,
  task: string,
  files: readonly ReportedFile[],
  saidIn?: TaskState,
): Promise<void> {
  await tx.query(keep, { task, files: JSON.stringify(files), saidIn })
}

export type ReportedFiles = { readonly task_service_url: string | null; readonly files: readonly ReportedFile[] }

const find = prepare<{ task: string }>()('task.files', (db, p) =>
  db
    .selectFrom('task as t')
    .leftJoin('task_service as s', join => join.onRef('s.kf_id', '=', 't.task_service').on('s.deleted', '=', false))
    .select(['s.url as task_service_url', sql<readonly ReportedFile[]>`coalesce(t.files, '[]')`.as('files')])
    .where('t.kf_id', '=', p.task),
)

/** Undefined: there is no such task. */
export async function findReportedFiles(read: Queryable['query'], task: string): Promise<ReportedFiles | undefined> {
  const [row] = await read(find, { task })
  return row
}
