import type { ReportedFile, TaskState } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'

const keep: Statement = {
  name: 'reported-file-keep',
  text: `
    update task set files = $2, heard_at = clock_timestamp()
    where kf_id = $1 and files is distinct from $2::jsonb and state = coalesce($3, state)`,
}

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
  await tx.query(keep, [task, JSON.stringify(files), saidIn])
}

export type ReportedFiles = { readonly task_service_url: string | null; readonly files: readonly ReportedFile[] }

const find: Statement = {
  name: 'reported-file-find',
  text: `
    select s.url as task_service_url, coalesce(t.files, '[]') as files
    from task t left join task_service s on s.kf_id = t.task_service and not s.deleted
    where t.kf_id = $1`,
}

/** Undefined: there is no such task. */
export async function findReportedFiles(read: Queryable['query'], task: string): Promise<ReportedFiles | undefined> {
  const [row] = await read<ReportedFiles>(find, [task])
  return row
}
